"""`ArgillaLabeller`: a suggestion for each type of question, from objects and from dicts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.models import SimulatedLLM
from distilabel.steps.tasks.argilla_labeller import ArgillaLabeller
from judge_variants import check, refuses, wrapped

FIELDS: list[dict[str, Any]] = [
    {"name": "text", "title": "The text"},
    {"name": "extra", "title": None},
]
RECORD = {"fields": {"text": "TTT {{ x }}", "extra": None}}
LABELS = [{"value": "a", "text": "Aa"}, {"value": "b", "text": "b"}]
KINDS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "label_selection": ({"options": LABELS}, "label", "a"),
    "multi_label_selection": ({"options": LABELS}, "labels", ["a", "b"]),
    "text": ({}, "text", "an answer"),
    "rating": ({"options": [{"value": n} for n in (1, 2, 3)]}, "rating", 2),
}


def question(kind: str) -> dict[str, Any]:
    settings, _, _ = KINDS[kind]
    return {
        "name": "q",
        "title": "QQQ",
        "description": "DDD",
        "settings": {"type": kind, **settings},
    }


def labeller(llm: Any, kind: str, **fields: Any) -> ArgillaLabeller:
    return ArgillaLabeller(llm=llm, fields=FIELDS, question=question(kind), **fields)


def formatted(task: ArgillaLabeller, row: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    prompt: Any = task.format_input(row)
    return prompt[0], prompt[1]


def answers(kind: str) -> Iterator[tuple[str, Any]]:
    _, key, value = KINDS[kind]
    suggestion = {"value": value, "question_name": "q", "type": "model", "agent": "scripted"}
    objects = ['{"%s": %s}', '{ "%s" : %s }', '{\n"%s":\n%s\n}', '{"why": "x", "%s": %s}']
    around = ["{}", "Here it is:\n{}", "{}\nBye.", "So:\n```json\n{}\n```\nBye."]
    for form, words in itertools.product(objects, around):
        for text in wrapped(words.format(form % (key, json.dumps(value)))):
            yield text, {"suggestion": suggestion}


@pytest.mark.parametrize("kind", KINDS)
def test_every_writing_of_an_answer_is_read(scripted: Any, kind: str) -> None:
    check(labeller(scripted(), kind).format_output, answers(kind), at_least=280)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("label_selection", '{"label": "c"}'),
        ("label_selection", '{"label": ["a"]}'),
        ("label_selection", '{"labels": ["a"]}'),
        ("multi_label_selection", '{"labels": ["a", "c"]}'),
        ("multi_label_selection", '{"labels": "a"}'),
        ("rating", '{"rating": 4}'),
        ("rating", '{"rating": 1.5}'),
        ("rating", '{"rating": true}'),
        ("rating", "rating: 2"),
        ("text", '{"text": " "}'),
        ("text", '{"text": 1}'),
        ("text", "an answer"),
        ("text", ""),
    ],
)
def test_what_the_question_does_not_allow_is_refused(scripted: Any, kind: str, answer: str) -> None:
    task = labeller(scripted(), kind)
    refuses(task.format_output, [answer])
    assert task._is_unusable(task.format_output(answer))
    assert task.format_output(None) == {"suggestion": None}


def test_a_label_given_twice_counts_once(scripted: Any) -> None:
    task = labeller(scripted(), "multi_label_selection")
    assert task.format_output('{"labels": ["b", "a", "b"]}')["suggestion"]["value"] == ["b", "a"]


def test_a_rating_may_be_written_as_a_text(scripted: Any) -> None:
    task = labeller(scripted(), "rating")
    for value in ("2.0", '"2"', '"2/3"', '"\u0662"'):
        assert task.format_output(f'{{"rating": {value}}}')["suggestion"]["value"] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_gets_the_structure_of_the_question(scripted: Any, kind: str) -> None:
    _, structure = formatted(labeller(scripted(), kind), {"record": RECORD})
    assert list(structure["schema"]["properties"]) == [KINDS[kind][1]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_simulated_model_suggests_what_is_allowed(kind: str) -> None:
    task = labeller(SimulatedLLM(), kind)
    task.load()
    (row,) = next(task.process([{"record": RECORD}]))
    assert row["suggestion"]["question_name"] == "q"
    assert row["suggestion"]["agent"] == "simulated"


def test_the_prompt_shows_everything(scripted: Any) -> None:
    example = {
        "fields": {"text": "EEE"},
        "responses": {"q": [{"value": "b", "user_id": "u"}]},
    }
    task = labeller(scripted(), "label_selection", example_records=[example], guidelines="GGG")
    (system, user), _ = formatted(task, {"record": RECORD})
    shown = str(user["content"])
    order = ["GGG", "**The text**: EEE", '{"label": "b"}', "QQQ", "DDD", "- a: Aa\n- b\n"]
    order += ["**The text**: TTT {{ x }}", '{"label": "label"}']
    places = [shown.index(part) for part in order]
    assert places == sorted(places)
    assert "extra" not in shown
    assert system["role"] == "system"


@pytest.mark.parametrize(
    "answered",
    [
        {"responses": {"q": [{"value": "b"}]}},
        {"responses": [{"values": {"q": {"value": "b"}}}]},
        {"responses": [{"question_name": "q", "value": "b"}]},
        {"suggestions": {"q": {"value": "b", "score": 0.5}}},
        {"suggestions": [{"question_name": "q", "value": "b"}]},
    ],
)
def test_examples_are_read_in_every_form_of_argilla(
    scripted: Any, answered: dict[str, Any]
) -> None:
    task = labeller(scripted(), "label_selection")
    row = {"record": RECORD, "example_records": [{"fields": {"text": "EEE"}, **answered}]}
    (_, user), _ = formatted(task, row)
    assert '{"label": "b"}' in str(user["content"])


class Serializable:
    """Like the objects of Argilla."""

    def __init__(self, value: dict[str, Any]) -> None:
        self._value = value

    def serialize(self) -> dict[str, Any]:
        return self._value


def test_objects_are_dumped_as_dicts(scripted: Any) -> None:
    task = ArgillaLabeller(
        llm=SimulatedLLM(),
        fields=[Serializable(field) for field in FIELDS],
        question=Serializable(question("text")),
    )
    assert task.fields == FIELDS
    assert task.dump()["question"] == question("text")


def test_a_row_has_its_own_question(scripted: Any) -> None:
    task = labeller(scripted(), "text")
    row = {"record": RECORD, "question": question("rating"), "fields": FIELDS}
    _, structure = formatted(task, row)
    assert list(structure["schema"]["properties"]) == ["rating"]
    assert task.format_output('{"rating": 3}', row)["suggestion"]["value"] == 3


@pytest.mark.parametrize(
    ("fields", "row", "message"),
    [
        ({"fields": FIELDS}, {"record": RECORD}, "`question` is not set"),
        ({"question": question("text")}, {"record": RECORD}, "`fields` is not set"),
        (
            {"fields": FIELDS, "question": {"name": "q", "settings": {"type": "ranking"}}},
            {"record": RECORD},
            "'q' has the type 'ranking', which is not supported",
        ),
        ({"fields": FIELDS, "question": question("text")}, {"record": 1}, "the record must be"),
    ],
)
def test_what_is_missing_is_named(
    scripted: Any, fields: dict[str, Any], row: dict[str, Any], message: str
) -> None:
    with pytest.raises(DistilabelUserError, match=message):
        ArgillaLabeller(llm=scripted(), **fields).format_input(row)
    assert issubclass(DistilabelUserError, ValueError)


def test_the_prompt_is_printed_with_placeholders(
    scripted: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    labeller(scripted(), "text").print()
    assert "<PLACEHOLDER_TEXT>" in capsys.readouterr().out
