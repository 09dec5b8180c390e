"""Protects which answers KTO calls desirable, and that doubtful ones are left out."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.formatting.kto import FormatKTO

ROW = {"instruction": "i", "generations": ["a", "b", "c"], "ratings": [5, 3, 1]}


def labels(**fields: Any) -> list[tuple[Any, Any]]:
    rows = next(FormatKTO(conversational=False, **fields).process([ROW]))
    return [(row["completion"], row["label"]) for row in rows]


def test_every_answer_has_a_label_without_a_lower_threshold() -> None:
    assert labels() == [("a", True), ("b", False), ("c", False)]


def test_an_answer_between_the_thresholds_is_left_out() -> None:
    assert labels(undesirable_at_most=2) == [("a", True), ("c", False)]


def test_a_threshold_itself_counts() -> None:
    assert labels(desirable_at_least=3, undesirable_at_most=1) == [
        ("a", True),
        ("b", True),
        ("c", False),
    ]


def test_messages_are_the_default() -> None:
    rows = next(FormatKTO().process([ROW]))
    assert rows[0]["prompt"] == [{"role": "user", "content": "i"}]
    assert rows[0]["completion"] == [{"role": "assistant", "content": "a"}]
    assert [type(row["label"]) for row in rows] == [bool] * 3


def test_thresholds_that_overlap_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"undesirable_at_most \(4.0\) must be below"):
        FormatKTO(undesirable_at_most=4)
