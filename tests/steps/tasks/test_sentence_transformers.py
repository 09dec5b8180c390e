"""`GenerateSentencePair`: the prompt for each relation, and sentences in every layout."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.sentence_transformers import GenerateSentencePair, GenerationAction
from judge_variants import AROUND, LABELS, check, labeled, line_ends, objects, surrounded

ROW = {"anchor": "AAA {{ x }}"}
BOTH = {"positive": "yes", "negative": "no"}


def task(llm: Any, **fields: Any) -> GenerateSentencePair:
    return GenerateSentencePair(**{"llm": llm, "action": "query", "name": "p", **fields})


@pytest.mark.parametrize("action", get_args(GenerationAction))
@pytest.mark.parametrize("triplet", [False, True])
@pytest.mark.parametrize("context", ["", "CCC"])
def test_the_prompt_has_what_is_asked_for(
    scripted: Any, action: Any, triplet: bool, context: str
) -> None:
    made = task(scripted(), action=action, triplet=triplet, context=context)
    system, user = (str(message["content"]) for message in made.format_input(ROW))
    assert "## Positive" in system
    assert ("## Negative" in system) == triplet
    assert ("## Context\n\nCCC\n\n## Anchor" in user) == bool(context)
    assert user.endswith("## Anchor\n\nAAA {{ x }}")
    assert ("context" in system) == bool(context)


def test_every_combination_has_its_own_prompt(scripted: Any) -> None:
    prompts = {
        str(task(scripted(), action=action, triplet=triplet, hard_negative=hard).format_input(ROW))
        for action in get_args(GenerationAction)
        for triplet, hard in [(False, False), (True, False), (True, True)]
    }
    assert len(prompts) == 12


@pytest.mark.parametrize(
    "output",
    [
        "## Positive\n\nyes\n\n## Negative\n\nno",
        "## Positive\r\n\r\nyes\r\n\r\n## Negative\r\n\r\nno\r\n",
        "# Positive\nyes\n# Negative\nno",
        "### Positive:\nyes\n### Negative:\nno",
        "**Positive**\nyes\n\n**Negative**\nno",
        "**Positive:** yes\n**Negative:** no",
        "**Positive**: yes\n\n**Negative**: no",
        "Positive: yes\nNegative: no",
        "## Positive: yes\n## Negative: no",
        "## Positive Sentence\nyes\n## Negative Sentence\nno",
        "## Negative\n\nno\n\n## Positive\n\nyes",
        "Sure, here they are:\n\n## Positive\n\nyes\n\n## Negative\n\nno",
        "```\n## Positive\n\nyes\n\n## Negative\n\nno\n```",
        "```markdown\n## Positive\nyes\n## Negative\nno\n```",
        "<think>## Positive\nthought</think>\n## Positive\nyes\n## Negative\nno",
        "- **Positive:** yes\n- **Negative:** no",
        "1. Positive: yes\n2. Negative: no",
        '{"positive": "yes", "negative": "no"}',
    ],
)
def test_every_layout_of_two_sentences(scripted: Any, output: str) -> None:
    assert task(scripted(), triplet=True).format_output(output, ROW) == BOTH
    assert task(scripted()).format_output(output, ROW) == {"positive": "yes"}


@pytest.mark.parametrize(
    "output",
    [None, "", "yes", "## Anchor\n\nyes", "The positive thing is that it works.", "## Positive\n"],
)
def test_no_sentence_is_none(scripted: Any, output: str | None) -> None:
    nothing = {"positive": None, "negative": None}
    assert task(scripted(), triplet=True).format_output(output, ROW) == nothing


async def test_a_triplet_without_a_negative_fails(scripted: Any) -> None:
    llm = scripted("## Positive\n\nyes")
    (row,) = await task(llm, triplet=True).aprocess(ROW, llm.agenerate)
    assert (row["positive"], row["negative"]) == ("yes", None)
    assert row["distilabel_metadata"]["error_p"]["message"] == "it contains no value for negative"


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("triplet", [False, True])
def test_the_simulated_model_understands_the_prompt(triplet: bool, structured: bool) -> None:
    made = task(SimulatedLLM(), triplet=triplet, use_default_structured_output=structured)
    made.load()
    (row,) = next(made.process([ROW]))
    assert all(row[column] for column in made.outputs)


def test_structured_answers(scripted: Any) -> None:
    made = task(scripted(), triplet=True, use_default_structured_output=True)
    assert list(made.get_structured_output()["properties"]) == ["positive", "negative"]
    assert made.format_output('{"positive": "yes", "negative": "no"}') == BOTH
    assert made.format_output('{"positive": 3}') == {"positive": None, "negative": None}
    assert "## Positive" not in str(made.format_input(ROW)[0]["content"])


def plain(text: str) -> str:
    return re.sub(r"[\s*`]", "", text)


def test_nothing_is_invented(scripted: Any) -> None:
    made, rng = task(scripted(), triplet=True), random.Random(0)
    pieces = ["## Positive", "**Negative:**", "\n", "owl", "```", "**", "{", '"positive":', " "]
    for _ in range(2000):
        output = "".join(rng.choices(pieces, k=rng.randint(0, 10)))
        for value in made.format_output(output, ROW).values():
            assert value is None or (value and plain(value) in plain(output))


def cases() -> Iterator[tuple[str, Any]]:
    both = [("Positive", "An owl."), ("Negative", "A car.")]
    for form, order, gap in itertools.product(LABELS, (1, -1), ("\n", "\n\n")):
        text = gap.join(labeled(form, *part) for part in both[::order])
        for answer in (around.replace("{}", text) for around in AROUND[:4]):
            yield from ((written, OWL) for written in line_ends(answer))
    for text in surrounded('## Positive\n\n"An owl."\n\n## Negative\n\n`A car.`'):
        yield text.replace("\n\nBye.", ""), OWL
    for text in [*objects(OWL), *surrounded(str(OWL))]:
        yield text, OWL


OWL = {"positive": "An owl.", "negative": "A car."}


def test_every_writing_of_two_sentences_is_read(scripted: Any) -> None:
    made = task(scripted(), triplet=True)
    check(lambda text: made.format_output(text, ROW), cases(), at_least=1500)
