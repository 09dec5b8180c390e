"""The interval in which a pass rate lies, from how many of a few answers passed."""

from __future__ import annotations

from math import comb


def pass_rate_interval(passed: int, count: int, credibility: float = 0.9) -> tuple[float, float]:
    """Returns the central interval of the rate, given that some of `count` answers passed.

    With a uniform prior, the rate has the distribution Beta(passed + 1, count - passed + 1). Its
    distribution function at these whole parameters is a tail of the binomial distribution, so no
    library is needed; its quantiles are found by bisection.

    Args:
        passed: Answers that passed.
        count: Answers in all.
        credibility: Probability of the interval, between 0 and 1.

    Returns:
        The lower and the upper end.
    """
    tail = (1 - credibility) / 2
    return _quantile(tail, passed, count), _quantile(1 - tail, passed, count)


def probability_between(low: float, high: float, passed: int, count: int) -> float:
    """Returns the probability that the rate lies between two rates.

    Args:
        low: Lower rate.
        high: Higher rate.
        passed: Answers that passed.
        count: Answers in all.
    """
    return _below(high, passed, count) - _below(low, passed, count)


def _quantile(share: float, passed: int, count: int) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if _below(middle, passed, count) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _below(rate: float, passed: int, count: int) -> float:
    """Returns the probability that the rate is below `rate`."""
    trials = count + 1
    return sum(
        comb(trials, hits) * rate**hits * (1 - rate) ** (trials - hits)
        for hits in range(passed + 1, trials + 1)
    )
