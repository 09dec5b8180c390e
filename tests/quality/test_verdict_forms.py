"""Protects the one form of verdicts that datasets and judges write in many."""

from __future__ import annotations

import pytest

from distilabel.quality.verdict_forms import (
    is_decided,
    joint_verdict,
    pair_verdict,
    ratings_verdict,
    swapped,
)


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        (0, 0), ("A", 0), ("model_a", 0), (1, 1), ("b", 1), (1.0, 1), ("1", 1),
        (2, "tie"), ("tie", "tie"), ("C", "tie"), (-1, "tie"), (None, None), (float("nan"), None),
    ],
)  # fmt: skip
def test_a_verdict_has_one_form(written: object, verdict: object) -> None:
    assert pair_verdict(written) == verdict


@pytest.mark.parametrize("written", ["better", 3, 0.5, True])
def test_what_is_no_verdict_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="not a verdict"):
        pair_verdict(written)


def test_two_orders_have_a_verdict_where_they_agree() -> None:
    assert joint_verdict(0, 0) == 0
    assert joint_verdict(0, 1) == joint_verdict("tie", 1) == "tie"
    assert joint_verdict(0, None) is None


def test_answers_change_places_and_ties_stay() -> None:
    assert [swapped(verdict) for verdict in (0, 1, "tie", None)] == [1, 0, "tie", None]


def test_ratings_amount_to_a_verdict() -> None:
    assert [ratings_verdict(r) for r in ([4, 3], [3, 4], [3, 3], [3, None])] == [0, 1, "tie", None]


def test_only_one_of_two_answers_is_decided() -> None:
    assert [is_decided(v) for v in (0, 1, "tie", True, None)] == [True, True, False, False, False]
