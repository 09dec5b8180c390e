"""`ReasoningGeneration`: reasoning, solution and answer, wherever the model puts its reasoning."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.reasoning_generation import ReasoningGeneration
from judge_variants import AROUND, LABELS, check, labeled, line_ends

ROW = {"instruction": "QQQ {{ x }}"}
ALL = {"reasoning": "r", "solution": "s", "answer": "4"}


def task(llm: Any, **fields: Any) -> ReasoningGeneration:
    return ReasoningGeneration(llm=llm, name="r", **fields)


@pytest.mark.parametrize("native", [False, True])
def test_the_prompt_asks_for_the_sections(scripted: Any, native: bool) -> None:
    system, user = task(scripted(), native_reasoning=native).format_input(ROW)
    assert user == {"role": "user", "content": "QQQ {{ x }}"}
    shown = str(system["content"])
    assert ("## Reasoning" in shown) == (not native)
    assert shown.index("## Solution") < shown.index("## Final Answer")


@pytest.mark.parametrize(
    "output",
    [
        "## Reasoning\n\nr\n\n## Solution\n\ns\n\n## Final Answer\n\n4",
        "## Reasoning\r\n\r\nr\r\n\r\n## Solution\r\n\r\ns\r\n\r\n## Final Answer\r\n\r\n4\r\n",
        "### Reasoning:\nr\n### Solution:\ns\n### Final Answer:\n4",
        "**Reasoning**\nr\n\n**Solution**\ns\n\n**Final Answer**\n4",
        "**Reasoning:** r\n\n**Solution:** s\n\n**Final Answer:** 4",
        "Reasoning: r\nSolution: s\nFinal Answer: 4",
        "## Reasoning\nr\n## Solution\ns\n## Final Answer\n\\boxed{4}",
        "## Reasoning\nr\n## Solution\ns\n## Final Answer\n**4**",
        "Let me solve it.\n\n## Reasoning\nr\n## Solution\ns\n## Final Answer\n4",
        "```\n## Reasoning\nr\n## Solution\ns\n## Final Answer\n4\n```",
        "<think>r</think>\n## Solution\ns\n## Final Answer\n4",
        "<think>r</think>\n## Reasoning\nsummary\n## Solution\ns\n## Final Answer\n4",
    ],
)
def test_every_layout(scripted: Any, output: str) -> None:
    found = task(scripted()).format_output(output, ROW)
    assert {**found, "answer": found["answer"].strip("*")} == ALL


def test_the_last_final_answer_counts(scripted: Any) -> None:
    output = (
        "## Reasoning\nr\n## Solution\nwrong\n## Final Answer\n5\n"
        "## Solution\ns\n## Final Answer\n4"
    )
    found = task(scripted()).format_output(output, ROW)
    assert (found["solution"], found["answer"]) == ("s", "4")


def test_headings_in_the_reasoning_belong_to_it(scripted: Any) -> None:
    output = "## Reasoning\nr\nSolution: wrong\nmore\n## Solution\ns\n## Final Answer\n4"
    found = task(scripted()).format_output(output, ROW)
    assert found == {**ALL, "reasoning": "r\nSolution: wrong\nmore"}


@pytest.mark.parametrize(
    "output", [None, "", "The answer is 4.", "## Reasoning\nr", "## Solution\ns\n\nSo 4."]
)
def test_nothing_is_guessed(scripted: Any, output: str | None) -> None:
    assert task(scripted()).format_output(output, ROW)["answer"] is None


async def test_a_part_that_is_missing_fails_the_row(scripted: Any) -> None:
    llm = scripted("## Solution\ns\n## Final Answer\n4")
    (row,) = await task(llm).aprocess(ROW, llm.agenerate)
    assert (row["reasoning"], row["solution"], row["answer"]) == (None, "s", "4")
    assert row["distilabel_metadata"]["error_r"]["message"] == "it contains no value for reasoning"


async def test_reasoning_apart_from_the_text_is_the_reasoning(scripted: Any) -> None:
    asked = []

    class Server:
        async def __call__(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
            asked.append(num_generations)
            texts = ["## Solution\ns\n## Final Answer\n4", "no"]
            return {"generations": texts, "reasoning": ["r", "r2"], "statistics": {}}

        async def again(self, input: Any, attempt: int, which: int, is_readable: Any) -> Any:
            text = "## Solution\ns\n## Final Answer\n5"
            output = {"generations": [text], "reasoning": ["r3"], "statistics": {}}
            assert which == 1
            assert is_readable(output)
            return output

    made = task(scripted(), native_reasoning=True, num_generations=2)
    first, second = await made._run_aprocess(ROW, Server())
    assert asked == [2]
    assert {name: first[name] for name in ALL} == ALL
    assert (second["reasoning"], second["answer"]) == ("r3", "5")
    assert "reasoning_r" not in first["distilabel_metadata"]


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("native", [False, True])
def test_the_simulated_model_understands_the_prompt(native: bool, structured: bool) -> None:
    llm = SimulatedLLM(reasoning=native)
    made = task(llm, native_reasoning=native, use_default_structured_output=structured)
    made.load()
    (row,) = next(made.process([ROW]))
    assert all(row[column] for column in made.outputs), row


def test_it_has_the_column_of_add_reasoning_already() -> None:
    with pytest.raises(DistilabelUserError, match="already has an output column 'reasoning'"):
        task(SimulatedLLM(), add_reasoning=True).load()


def test_nothing_is_invented(scripted: Any) -> None:
    made, rng = task(scripted()), random.Random(0)
    pieces = ["## Reasoning\n", "## Solution\n", "**Final Answer:**", "\n", "owl", "```", "**", "4"]
    for _ in range(2000):
        output = "".join(rng.choices(pieces, k=rng.randint(0, 12)))
        for value in made.format_output(output, ROW).values():
            kept, written = (re.sub(r"[\s*`]", "", text) for text in (value or "", output))
            assert kept in written


def test_it_is_rebuilt_from_its_dump() -> None:
    dump = task(SimulatedLLM(), native_reasoning=True).dump()
    assert ReasoningGeneration.from_dict(dump).dump() == dump


def cases() -> Iterator[tuple[str, Any]]:
    parts = [("Reasoning", "r"), ("Solution", "s"), ("Final Answer", "4")]
    for form, around in itertools.product(LABELS, [*AROUND[:3], "```\n{}\n```"]):
        text = "\n\n".join(labeled(form, *part) for part in parts)
        yield from ((written, ALL) for written in line_ends(around.replace("{}", text)))


def test_every_writing_of_the_sections_is_read(scripted: Any) -> None:
    check(lambda text: task(scripted()).format_output(text, ROW), cases(), at_least=300)
