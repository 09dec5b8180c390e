"""The interval of a pass rate, against quantiles of the Beta distribution from tables."""

from __future__ import annotations

import pytest

from distilabel.steps.tasks.verifiable.beta import pass_rate_interval, probability_between


@pytest.mark.parametrize(
    ("passed", "count", "interval"),
    [
        # Beta(1, 1) is uniform; Beta(1, n) and Beta(n, 1) have quantiles in closed form.
        (0, 0, (0.05, 0.95)),
        (0, 8, (1 - 0.95 ** (1 / 9), 1 - 0.05 ** (1 / 9))),
        (8, 8, (0.05 ** (1 / 9), 0.95 ** (1 / 9))),
        (1, 2, (0.1353503, 0.8646497)),
        (4, 8, (0.2513676, 0.7486324)),
    ],
)
def test_interval(passed: int, count: int, interval: tuple[float, float]) -> None:
    assert pass_rate_interval(passed, count) == pytest.approx(interval, abs=1e-6)


def test_more_answers_narrow_the_interval() -> None:
    widths = [high - low for low, high in (pass_rate_interval(n // 2, n) for n in (4, 16, 64))]
    assert widths == sorted(widths, reverse=True)
    low, high = pass_rate_interval(4, 8)
    assert probability_between(low, high, 4, 8) == pytest.approx(0.9)
