"""`PreferenceToArgilla`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List

from distilabel.steps import PreferenceToArgilla


class WithTopic(PreferenceToArgilla):
    def _rating_rationale_pairs(self) -> List[Any]:
        return [*super()._rating_rationale_pairs(), SimpleNamespace(name="topic")]


def test_fields_and_questions_and_those_of_a_subclass(server: Any) -> None:
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


def test_only_values_that_the_server_takes_become_suggestions(server: Any) -> None:
    step = PreferenceToArgilla(name="show", num_generations=5, dataset_name="d")
    step.load()
    row = {
        "instruction": "i",
        "generations": ["a", "b", "c", "d", "e"],
        "ratings": [5, 6, 2.5, "3", True],
        "rationales": ["good", None, "", 1, "bad"],
    }
    next(step.process([row, dict(row)]))
    (record,) = server.datasets["d"].records.kept.values()
    assert record.fields["generations-4"] == "e"
    assert record.suggestions == [
        ("generations-0-rating", 5),
        ("generations-0-rationale", "good"),
        ("generations-4-rationale", "bad"),
    ]
