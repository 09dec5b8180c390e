"""Protects that a question is answered once, whatever an engine does with it."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.models.local.engine import Engine, Question


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ([("answer", "a"), ("answer", "b")], [("answer", 7, "a")]),
        ([("answer", "a"), ("fail", ValueError())], [("answer", 7, "a")]),
        ([("fail", "error"), ("answer", "b")], [("error", 7, "error")]),
    ],
)
def test_the_first_answer_or_error_counts(calls: Any, found: Any) -> None:
    told: list[Any] = []
    question = Question(
        7,
        "generate",
        {},
        lambda number, value: told.append(("answer", number, value)),
        lambda number, error: told.append(("error", number, error)),
    )
    assert not question.is_done
    for name, value in calls:
        getattr(question, name)(value)
    assert question.is_done
    assert told == found


def test_an_engine_has_no_further_questions_until_it_is_served() -> None:
    class Plain(Engine):
        def start(self) -> dict[str, Any]:
            return {}

    assert Plain(subject="a", note=lambda name, value: None).more("generate") == []
