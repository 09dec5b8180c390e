"""Random orders are complete, the same for a seed, and made only as far as they are read."""

from __future__ import annotations

import pytest

from distilabel.review.answers.shuffle import Shuffle, display_order


def test_every_number_once_in_the_order_of_the_seed() -> None:
    order = [Shuffle(100, "s")[i] for i in range(100)]
    assert sorted(order) == list(range(100))
    again = Shuffle(100, "s")
    assert [again[99], again[0]] == [order[99], order[0]]
    assert [Shuffle(100, "t")[i] for i in range(100)] != order
    with pytest.raises(IndexError):
        again[100]


def test_a_few_of_a_billion_cost_a_few() -> None:
    order = Shuffle(10**9, "s")
    assert len({order[i] for i in range(1000)}) == 1000
    assert len(order._moved) <= 1000


def test_each_candidate_is_first_about_half_of_the_time() -> None:
    first = sum(display_order(2, f"seed{i}")[0] for i in range(2000))
    assert 900 < first < 1100
