"""The bootstrap: pairs stay together, clusters are drawn whole, and a seed fixes the interval."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import bootstrap, kappa
from distilabel.quality.resampling import quantile


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    rng = random.Random(0)
    values = [rng.gauss(0, 1) for _ in range(400)]
    found = bootstrap(mean, values, resamples=2000)
    assert found.value == mean(values)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 / 20, rel=0.1)


def test_the_same_seed_gives_the_same_interval() -> None:
    one = [0, 1, 1, 0, 1] * 10
    other = [0, 1, 0, 0, 1] * 10
    assert bootstrap(kappa, one, other) == bootstrap(kappa, one, other)
    assert bootstrap(kappa, one, other) != bootstrap(kappa, one, other, seed=1)


def test_columns_stay_paired() -> None:
    one = list(range(30))
    found = bootstrap(lambda a, b: mean([x - y for x, y in zip(a, b, strict=True)]), one, one)
    assert (found.low, found.high) == (0, 0)


def test_clusters_are_drawn_whole() -> None:
    # Twenty copies of each value say no more than one: the interval is that of ten values.
    values = [float(v) for v in range(10)]
    copies = [v for v in values for _ in range(20)]
    alone = bootstrap(mean, values, resamples=500)
    together = bootstrap(mean, copies, clusters=copies, resamples=500)
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))
    apart = bootstrap(mean, copies, resamples=500)
    assert apart.high - apart.low < (alone.high - alone.low) / 3


def test_undefined_resamples_are_left_out_and_counted() -> None:
    found = bootstrap(kappa, [0] * 9 + [1], [0] * 9 + [1])
    assert found.value == found.low == found.high == 1
    # All ten draws miss the one item of the other class with a probability of .9 ** 10.
    assert found.undefined == pytest.approx(1000 * 0.9**10, abs=60)


def test_a_measure_that_is_hardly_ever_defined_has_no_interval() -> None:
    with pytest.raises(DistilabelUserError, match="not defined on 1000 of 1000"):
        bootstrap(kappa, [1, 1], [1, 1])


def test_gaps_are_the_business_of_the_measure() -> None:
    assert bootstrap(len, [None, None]).value == 2


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DistilabelUserError, match="no columns"):
        bootstrap(mean)
    with pytest.raises(DistilabelUserError, match="no items"):
        bootstrap(mean, [])
    with pytest.raises(DistilabelUserError, match="different lengths"):
        bootstrap(mean, [1, 2], clusters=["a"])
    with pytest.raises(DistilabelUserError, match="resamples"):
        bootstrap(mean, [1, 2], resamples=0)


def test_quantiles_lie_between_neighbors() -> None:
    assert quantile([1, 2, 4], 0.75) == 3
    assert quantile([5], 0.975) == 5
    assert not math.isnan(quantile([1, 2], 1))
