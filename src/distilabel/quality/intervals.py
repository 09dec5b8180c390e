"""Intervals, and the distributions that they need."""

from __future__ import annotations

import math
from typing import NamedTuple

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import check_fraction


class Interval(NamedTuple):
    """A value with its confidence interval.

    Attributes:
        value: The estimate.
        low: The lower end of the interval.
        high: The upper end of the interval.
        n: The number of items, or of calls, it was measured on.
        confidence: The confidence of the interval, in 0..1.
        undefined: Resamples on which the measure was not defined; they are left out.
    """

    value: float
    low: float
    high: float
    n: int
    confidence: float = 0.95
    undefined: int = 0

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def wilson(successes: int, count: int, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a proportion.

    Args:
        successes: Number of successes.
        n: Number of trials.
        confidence: Confidence of the interval, in 0..1.

    Returns:
        The share of successes with its interval.

    Raises:
        DistilabelUserError: If there are no trials, or more successes than trials.
    """
    _check_counts("wilson", successes, count, confidence)
    z = normal_quantile((1 + confidence) / 2)
    share = successes / count
    center = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    low = 0.0 if successes == 0 else (center - half) / scale
    high = 1.0 if successes == count else (center + half) / scale
    return Interval(share, low, high, count, confidence)


def clopper_pearson(successes: int, count: int, confidence: float = 0.95) -> Interval:
    """The exact interval of a proportion, after Clopper and Pearson.

    Args:
        successes: Number of successes.
        n: Number of trials.
        confidence: Confidence of the two-sided interval, in 0..1.

    Returns:
        The share of successes with its interval.

    Raises:
        DistilabelUserError: If there are no trials, or more successes than trials.
    """
    _check_counts("clopper_pearson", successes, count, confidence)
    tail = (1 - confidence) / 2
    low = lower_bound(successes, count, 1 - tail)
    high = 1 - lower_bound(count - successes, count, 1 - tail)
    return Interval(successes / count, low, high, count, confidence)


def lower_bound(successes: int, count: int, confidence: float = 0.95) -> float:
    """The one-sided lower bound of a proportion, after Clopper and Pearson.

    Args:
        successes: Number of successes.
        n: Number of trials.
        confidence: Confidence of the bound, in 0..1.

    Returns:
        The bound, in 0..1.

    Raises:
        DistilabelUserError: If there are no trials, or more successes than trials.
    """
    _check_counts("lower_bound", successes, count, confidence)
    if successes == 0:
        return 0.0
    return _beta_quantile(1 - confidence, successes, count - successes + 1)


def normal_quantile(probability: float) -> float:
    """The quantile of the standard normal distribution."""
    # Imported here: it imports `decimal` and `fractions`, which would double the time to import.
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


def student_cdf(t: float, degrees: int) -> float:
    """The distribution function of Student's t with some degrees of freedom."""
    if math.isinf(t):
        return float(t > 0)
    tail = regularized_beta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    return 1 - tail if t > 0 else tail


def regularized_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, the distribution function of Beta(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    # The continued fraction converges fast on the left of the mean; the other side is its mirror.
    if x > (a + 1) / (a + b + 2):
        return 1 - regularized_beta(1 - x, b, a)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return math.exp(log_front) / a * _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c = 1.0
    d = 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    result = d
    # The number of terms grows with the square root of the parameters.
    for m in range(1, 1000 + int(10 * math.sqrt(max(a, b)))):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + factor * d) or tiny)
            c = (1 + factor / c) or tiny
            result *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return result


def _beta_quantile(probability: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    # Halving an interval of length 1 ends at the precision of a float after some 60 steps.
    for _ in range(80):
        middle = (low + high) / 2
        if regularized_beta(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _check_counts(subject: str, successes: int, count: int, confidence: float) -> None:
    if count < 1:
        raise DistilabelUserError(f"{subject}: there are no items. Pass at least one.")
    if not 0 <= successes <= count:
        raise DistilabelUserError(
            f"{subject}: {successes} successes in {count} trials is not possible."
        )
    check_fraction(subject, "confidence", confidence)
