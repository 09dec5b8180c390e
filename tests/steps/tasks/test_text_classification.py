"""`TextClassification`: the labels in the prompt, in the schema and in any writing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.text_classification import TextClassification
from judge_variants import check, check_no_invention, refuses, wrapped

OBJECTS = [
    '{"labels": %s}',
    '{"labels":%s}',
    '{\n  "labels": %s\n}',
    ' { "labels" : %s } ',
    '{"text": "x", "labels": %s}',
    '{"labels": %s, "why": {"a": 1}}',
]
AROUND = ["{}", "Here it is:\n{}", "{}\nI hope this helps!", "Sure.\n\n```json\n{}\n```\nBye."]


def cases(value: Any) -> Iterator[tuple[str, Any]]:
    for form, around in itertools.product(OBJECTS, AROUND):
        for text in wrapped(around.format(form % json.dumps(value))):
            yield text, {"labels": value}


def test_every_writing_of_labels_is_read(scripted: Any) -> None:
    task = TextClassification(llm=scripted())
    check(task.format_output, cases("a label"), at_least=400)
    check(task.format_output, cases("R&B {x} \u00e9"), at_least=400)
    check(TextClassification(llm=scripted(), n=2).format_output, cases(["a", "b"]), at_least=400)


def test_what_has_no_labels_is_refused(scripted: Any) -> None:
    texts = ["", "no json", "a", "{}", '{"label": "a"}', '{"labels": 1}', '{"labels": null}', "[1]"]
    texts += ['{"labels": ""}', '{"labels": []}', '{"labels": [1]}', '{"labels": {"a": "b"}}', "{"]
    for n in (1, 2):
        task = TextClassification(llm=scripted(), n=n)
        refuses(task.format_output, [*texts, '<think>{"labels": "a"}'])
        assert task._is_unusable(task.format_output("no json"))


def test_nothing_but_an_error_that_it_cannot_be_read_is_raised(scripted: Any) -> None:
    task = TextClassification(llm=scripted())
    words = ['{"labels": "A"}', '{"labels": ', '"A"}', '"tie"}']
    check_no_invention(task.format_output, words)


@pytest.mark.parametrize(("n", "empty"), [(1, None), (2, [None, None])])
def test_no_answer_is_none(scripted: Any, n: int, empty: Any) -> None:
    task = TextClassification(llm=scripted(), n=n)
    assert task.format_output(None) == task.format_output("no json") == {"labels": empty}


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize("n", [1, 2])
def test_the_simulated_model_chooses_among_the_labels(structured: bool, n: int) -> None:
    task = TextClassification(
        llm=SimulatedLLM(),
        n=n,
        available_labels=["R&B", "it's", "c"],
        use_default_structured_output=structured,
    )
    task.load()
    (row,) = next(task.process([{"text": "TTT"}]))
    labels = [row["labels"]] if n == 1 else row["labels"]
    assert len(labels) == n
    assert set(labels) <= {"R&B", "it's", "c", "Unclassified"}


def test_the_prompt_shows_everything(scripted: Any) -> None:
    task = TextClassification(
        llm=scripted(),
        system_prompt="SSS",
        context="CCC",
        available_labels={"R&B": "rhythm\nand blues", "Pop <3": "popular"},
        examples=["EEE"],
        query_title="Song",
        default_label=["x", "y"],
        n=2,
    )
    system, user = task.format_input({"text": "QQQ {{ x }}"})
    assert system == {"role": "system", "content": "SSS"}
    shown = str(user["content"])
    order = ['"Song"', "2 labels", '["x", "y"]', "CCC", '"R&B",  # rhythm and blues\n']
    order += ['"Pop <3",  # popular\n', "- EEE", "## Song\n\n```\nQQQ {{ x }}\n```"]
    order += ['{"labels": ["label_0", "label_1"]}']
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


def test_a_text_with_a_code_fence_stays_within_its_fence(scripted: Any) -> None:
    shown = TextClassification(llm=scripted()).format_input({"text": "a\n```\nb"})[1]["content"]
    assert "\n````\na\n```\nb\n````\n" in str(shown)


def test_parts_of_the_prompt_may_be_left_out(scripted: Any) -> None:
    task = TextClassification(llm=scripted(), system_prompt=None, context="", default_label=None)
    (user,) = task.format_input({"text": "t"})
    assert "Context" not in str(user["content"])
    assert "unclear" not in str(user["content"])
    with pytest.raises(DistilabelUserError, match="'text' contains None"):
        task.format_input({"text": None})


def test_the_schema_allows_the_labels_and_the_default(scripted: Any) -> None:
    schema = TextClassification(llm=scripted(), available_labels=["a"]).get_structured_output()
    assert schema["properties"]["labels"] == {"type": "string", "enum": ["a", "Unclassified"]}
    two = TextClassification(llm=scripted(), n=2).get_structured_output()["properties"]["labels"]
    assert (two["items"], two["minItems"], two["maxItems"]) == ({"type": "string"}, 2, 2)
