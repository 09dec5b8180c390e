"""Protects the reading of judgements from the columns of judging tasks."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.judging.judge_columns import judgement_of, score_of


@pytest.mark.parametrize(
    ("row", "kind", "judgement"),
    [
        ({"verdict": "A", "verdict_ab": "A", "verdict_ba": "B"}, "pair", (0, 1, True)),
        # orders="kept": a tie of the first order is not asked about again.
        ({"verdict": "tie", "verdict_ab": "tie", "verdict_ba": None}, "pair", ("tie", None, False)),
        ({"verdict": None, "verdict_ab": "A", "verdict_ba": None}, "pair", (0, None, True)),
        ({"verdict": "B"}, "pair", (1, None, False)),
        ({"result": "B"}, "pair", (1, None, False)),
        ({"ratings": [2, 5]}, "pair", (1, None, False)),
        ({"ratings": [2, None]}, "pair", (None, None, False)),
        ({"result": 4, "rating_expected": 4.2}, "rating", (4.2, None, False)),
        ({"scores": {"a": 4, "b": 5, "c": None}}, "rating", (4.5, None, False)),
        ({"ratings": [3]}, "rating", (3.0, None, False)),
        ({"result": None}, "rating", (None, None, False)),
        ({}, "pair", (None, None, False)),
    ],
)
def test_columns_of_tasks_are_known(
    row: dict[str, Any], kind: str, judgement: tuple[Any, ...]
) -> None:
    assert tuple(judgement_of(row, kind)) == judgement


def test_a_column_of_the_users_may_be_named() -> None:
    assert judgement_of({"mine": 0.7, "result": 3}, "pass", "mine").ab == 0.7
    assert judgement_of({"mine": "[[A]]"}, "pair", "mine").ab == 0


def test_what_is_not_known_is_no_answer() -> None:
    assert judgement_of({"verdict": "better"}, "pair").ab is None
    assert judgement_of({"result": "A"}, "rating").ab is None


def test_scores_of_pairs_are_one_or_zero() -> None:
    assert [score_of(v, "pair") for v in ("A", "tie", [3, 2], None)] == [1, 0, 1, None]
    assert [score_of(v, "rating") for v in (4, True, [3, 4], "x")] == [4, 1, 3.5, None]
