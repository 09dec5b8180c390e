"""Shares of verdicts, on cases small enough to count by hand."""

from __future__ import annotations

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import (
    agreement,
    both_correct,
    first_pick,
    flip_rate,
    order_consistency,
    without_ties,
)

PEOPLE = [0, 1, 2, 0, 1]
AB = [0, 1, 0, 1, 2]
BA = [0, 0, 2, 1, 1]


def test_agreement_counts_the_verdicts_of_both_orders() -> None:
    assert agreement(PEOPLE, AB) == pytest.approx(2 / 5)
    assert agreement(PEOPLE, AB, BA) == pytest.approx(5 / 10)


def test_both_orders_must_be_correct() -> None:
    assert both_correct(PEOPLE, AB, BA) == pytest.approx(1 / 5)


def test_consistency_does_not_ask_people() -> None:
    assert order_consistency(AB, BA) == pytest.approx(2 / 5)


def test_first_pick_pools_the_orders_and_leaves_ties_out() -> None:
    # In order AB answer 0 is first: 2 of 4. In order BA answer 1 is first: 2 of 4.
    found = first_pick(AB, BA)
    assert (found.value, found.n) == (0.5, 8)
    assert found.low == pytest.approx(1 - found.high)


def test_a_judge_that_always_picks_the_first_has_first_pick_1() -> None:
    assert first_pick([0] * 20, [1] * 20).value == 1


def test_first_pick_takes_other_names() -> None:
    assert first_pick(["A", "A", "B", "tie"], first="A", second="B").n == 3
    with pytest.raises(DistilabelUserError, match="no call is decided"):
        first_pick(["A", "B"])


def test_pairs_with_a_tie_in_any_column_are_dropped() -> None:
    assert without_ties(PEOPLE, AB) == [[0, 1, 0], [0, 1, 1]]
    assert without_ties([2], [0]) == [[], []]


def test_flip_rate_compares_all_pairs_of_runs() -> None:
    assert flip_rate([0, 1], [0, 1]) == 0
    # Item 2 differs in two of the three pairs of runs.
    assert flip_rate([0, 1], [0, 1], [0, 0]) == pytest.approx(2 / 6)
    with pytest.raises(DistilabelUserError, match="two or more"):
        flip_rate([0, 1])
