"""Intervals of proportions: printed ones, and what their definition says."""

from __future__ import annotations

import math

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import clopper_pearson, wilson
from distilabel.quality.intervals import (
    lower_bound,
    normal_quantile,
    regularized_beta,
    student_cdf,
)


def at_least(successes: int, count: int, share: float) -> float:
    """The probability of so many successes or more."""
    return sum(
        math.comb(count, k) * share**k * (1 - share) ** (count - k)
        for k in range(successes, count + 1)
    )


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    # Newcombe 1998, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_intervals_are_the_printed_ones(
    successes: int, count: int, low: float, high: float
) -> None:
    found = wilson(successes, count)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    # The same table, method 5.
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_exact_intervals_are_the_printed_ones(
    successes: int, count: int, low: float, high: float
) -> None:
    found = clopper_pearson(successes, count)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "count"), [(1, 1), (4, 20), (19, 20), (181, 200)])
def test_at_an_exact_bound_the_tail_is_as_large_as_said(successes: int, count: int) -> None:
    found = clopper_pearson(successes, count)
    assert at_least(successes, count, found.low) == pytest.approx(0.025, abs=1e-9)
    assert at_least(successes, count, lower_bound(successes, count)) == pytest.approx(
        0.05, abs=1e-9
    )
    if successes < count:
        tail = 1 - at_least(successes + 1, count, found.high)
        assert tail == pytest.approx(0.025, abs=1e-9)


def test_none_and_all_reach_the_end_of_the_scale() -> None:
    assert clopper_pearson(0, 10).low == wilson(0, 10).low == 0
    assert clopper_pearson(10, 10).high == wilson(10, 10).high == 1
    assert clopper_pearson(0, 10).high == pytest.approx(1 - 0.025**0.1, abs=1e-9)


def test_large_counts_keep_their_precision() -> None:
    exact, approximate = clopper_pearson(600_000, 1_000_000), wilson(600_000, 1_000_000)
    assert exact.low == pytest.approx(approximate.low, abs=2e-6)
    assert exact.low < approximate.low < 0.6 < approximate.high < exact.high


@pytest.mark.parametrize(("successes", "count"), [(0, 0), (3, 2), (-1, 2)])
def test_impossible_counts_are_refused(successes: int, count: int) -> None:
    with pytest.raises(DistilabelUserError):
        clopper_pearson(successes, count)
    with pytest.raises(DistilabelUserError):
        wilson(successes, count)


def test_distributions_have_their_known_values() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, abs=1e-9)
    # Closed forms: Beta(2, 2), and Student's t with one and two degrees of freedom.
    assert regularized_beta(0.3, 2, 2) == pytest.approx(3 * 0.09 - 2 * 0.027, abs=1e-12)
    for t in (-3.0, -0.5, 0.0, 0.7, 4.0):
        assert student_cdf(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-9)
        assert student_cdf(t, 2) == pytest.approx(0.5 + t / (2 * math.sqrt(2 + t * t)), abs=1e-9)
    assert student_cdf(math.inf, 5) == 1


def test_an_interval_reads_well() -> None:
    found = wilson(5, 10)
    assert str(found) == "0.500 [0.237, 0.763]"
    assert float(found) == 0.5
