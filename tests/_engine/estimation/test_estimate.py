"""Protects the forecast: its ranges contain the true value as often as promised, and it prints."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from distilabel._engine.estimation.estimate import Estimate, Forecast, Range, extrapolate


def _even(chance: random.Random) -> float:
    return chance.uniform(1, 3)


def _long_tail(chance: random.Random) -> float:
    return chance.lognormvariate(0, 0.5)


def _half_is_dropped(chance: random.Random) -> float:
    return chance.uniform(1, 3) * (chance.random() < 0.5)


@pytest.mark.parametrize("law", [_even, _long_tail, _half_is_dropped])
@pytest.mark.parametrize("sample", [10, 20, 50])
def test_the_range_contains_the_true_value(
    law: Callable[[random.Random], float], sample: int
) -> None:
    within = 0
    for seed in range(300):
        chance = random.Random(seed)
        values = [law(chance) for _ in range(500)]
        within += sum(values) in extrapolate(chance.sample(values, sample), 500)
    assert within / 300 > 0.91


def test_a_larger_sample_narrows_the_range_to_the_exact_value() -> None:
    chance = random.Random(0)
    values = [chance.uniform(1, 3) for _ in range(400)]
    widths = []
    for count in (10, 40, 160, 400):
        found = extrapolate(values[:count], 400)
        assert found.low <= found.expected <= found.high
        assert found.low >= sum(values[:count]) - 1e-9
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0


def test_identical_rows_have_an_exact_forecast() -> None:
    assert extrapolate([2.0] * 5, 100) == Range(200.0, 200.0, 200.0)


def _estimate(**changes: Any) -> Estimate:
    calls, tokens = Range(100, 100, 100), Range(900, 1000, 1100)
    own = Forecast(calls, tokens, tokens, Range(0, 0, 0), ["own"], "own")
    bought = Forecast(calls, tokens, tokens, Range(1.5, 2, 2.5), [], "bought")
    total = Forecast(calls, tokens, tokens, Range(1.5, 2, 2.5), ["own"])
    steps = {"write": own, "judge": bought}
    fields = {"rows_out": 90.0, "seconds": Range(5, 20, 80), "spent": 0.4, "notes": ["Mind."]}
    return Estimate("mine", 100, 20, total=total, steps=steps, **{**fields, **changes})


def test_it_prints_ranges_and_what_is_unknown() -> None:
    text = str(_estimate())
    assert "calls      100\n" in text
    assert "tokens in  900 to 1,100, about 1,000" in text
    assert "cost       $1.50 to $2.50, about $2.00, + unknown for own; $0.4000 of it" in text
    assert "time       5.0 s to 1 min 20 s, about 20 s; rough" in text
    assert text.endswith("Mind.")
    assert max(map(len, text.splitlines())) < 120


def test_it_is_data() -> None:
    data = orjson.loads(orjson.dumps(_estimate().to_dict()))
    assert data["steps"]["judge"]["cost"] == {"low": 1.5, "expected": 2, "high": 2.5}
    assert data["total"]["unpriced"] == ["own"]
