"""`PreferenceToArgilla`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List

from distilabel.steps import PreferenceToArgilla
from fake_argilla import FakeArgilla


class WithTopic(PreferenceToArgilla):
    def _rating_rationale_pairs(self) -> List[Any]:
        return [*super()._rating_rationale_pairs(), SimpleNamespace(name="topic")]


def _step(**fields: Any) -> PreferenceToArgilla:
    step = PreferenceToArgilla(name="show", dataset_name="d", **fields)
    step.load()
    return step


def _suggested(record: Any) -> dict[str, Any]:
    return {suggestion.question_name: suggestion.value for suggestion in record.suggestions}


def test_fields_and_questions_and_those_of_a_subclass(server: FakeArgilla) -> None:
    WithTopic(name="show", num_generations=2, dataset_name="d").load()
    settings = server.datasets["d"].settings
    assert [(field.name, field.required) for field in settings.fields] == [
        ("id", True),
        ("instruction", True),
        ("generations-0", True),
        ("generations-1", False),
    ]
    assert [question.name for question in settings.questions] == [
        "generations-0-rating",
        "generations-0-rationale",
        "generations-1-rating",
        "generations-1-rationale",
        "topic",
    ]


def test_only_values_that_the_server_takes_become_suggestions(server: FakeArgilla) -> None:
    step = _step(num_generations=5)
    row = {
        "instruction": "i",
        "generations": ["a", "b", "c", "d", "e"],
        "ratings": [5, 6, 2.5, "3", 4.0],
        "rationales": ["good", None, "", 1, "bad"],
    }
    next(step.process([row, dict(row)]))
    (record,) = server.datasets["d"].kept.values()
    assert record.fields["generations-4"] == "e"
    assert _suggested(record) == {
        "generations-0-rating": 5,
        "generations-4-rating": 4,
        "generations-0-rationale": "good",
        "generations-4-rationale": "bad",
    }


def test_suggestions_can_be_left_out(server: FakeArgilla) -> None:
    step = _step(num_generations=1, with_suggestions=False)
    next(step.process([{"instruction": "i", "generations": ["a"], "ratings": [5]}]))
    (record,) = server.datasets["d"].kept.values()
    assert record.suggestions == []


def test_shuffled_generations_keep_their_suggestions_and_names(server: FakeArgilla) -> None:
    step = _step(num_generations=3, shuffle_generations=True)
    rows: list[dict[str, Any]] = [
        {
            "instruction": f"i{i}",
            "generations": ["a", None, "c"],
            "generation_models": ["A", "B", "C"],
            "ratings": [1, 2, 3],
        }
        for i in range(20)
    ]
    next(step.process(rows))
    dataset = server.datasets["d"]
    first = {name: dict(record.fields) for name, record in dataset.kept.items()}
    assert len({record.fields["generations-0"] for record in dataset.kept.values()}) == 2
    for record in dataset.kept.values():
        shown = [record.fields["generations-0"], record.fields["generations-1"]]
        order = [0, 2] if shown == ["a", "c"] else [2, 0]
        assert record.metadata == {
            "order": ",".join(map(str, order)),
            "models": [text.upper() for text in shown],
        }
        assert list(_suggested(record).values()) == [i + 1 for i in order]
    assert all(not made.visible_for_annotators for made in dataset.settings.metadata)
    next(step.process(rows))
    assert {name: record.fields for name, record in dataset.kept.items()} == first
