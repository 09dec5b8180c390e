"""`Estimate`: what a run will take, forecast from a pilot. Knows no run and no model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import NormalDist, fmean, stdev
from typing import Any, Final

from distilabel._engine.reporting.formatting import (
    format_duration,
    format_money,
    format_table,
    shorten,
)

# Nineteen times in twenty the truth is to lie within.
_SURE: Final = 0.95
_LONGEST_NAME: Final = 30


@dataclass(frozen=True)
class Range:
    """A number that is not known yet.

    Attributes:
        low: it will hardly be less.
        expected: the best guess.
        high: it will hardly be more.
    """

    low: float
    expected: float
    high: float

    def __contains__(self, value: float) -> bool:
        crumb = 1e-9 * max(1.0, abs(value))
        return self.low - crumb <= value <= self.high + crumb


def whole(values: Sequence[float], rows: int) -> Range:
    """The sum over all rows, from the values of some.

    Args:
        values: of the rows that were sampled, two at least unless they are all there are.
        rows: how many there are.
    """
    seen, count = math.fsum(values), len(values)
    if count >= rows:
        return Range(seen, seen, seen)
    expected = rows * fmean(values)
    unit = stdev(values) * rows * math.sqrt((1 - count / rows) / count)
    lower, upper = _errors(values)
    return Range(max(seen, expected - lower * unit), expected, expected + upper * unit)


def _errors(values: Sequence[float]) -> tuple[float, float]:
    """How far the mean of all may lie below and above that of a sample, in standard errors.

    Willink's interval: few rows that take much make it longer above than below.
    """
    count, center, spread = len(values), fmean(values), stdev(values)
    sure = _student(count - 1)
    if not spread:
        return 0.0, 0.0
    third = math.fsum((value - center) ** 3 for value in values)
    third *= count / ((count - 1) * max(1, count - 2))
    skew = third / (6 * math.sqrt(count) * spread**3)
    if abs(skew) < 1e-6:
        return sure, sure

    def bent(error: float) -> float:
        return (math.cbrt(1 + 6 * skew * (error - skew)) - 1) / (2 * skew)

    return bent(sure), -bent(-sure)


def _student(freedom: int) -> float:
    """The two-sided quantile of Student's distribution, by its expansion around the normal one."""
    z = NormalDist().inv_cdf((1 + _SURE) / 2)
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return z + first + second + third


@dataclass
class Forecast:
    """What one step, or all, will take.

    Attributes:
        calls: questions that get an answer.
        input_tokens: of the questions.
        output_tokens: of the answers.
        cost: US dollars, as far as prices are known.
        unpriced: models whose price is not known.
        model: the one asked; empty for several.
    """

    calls: Range
    input_tokens: Range
    output_tokens: Range
    cost: Range
    unpriced: list[str] = field(default_factory=list)
    model: str = ""


@dataclass
class Estimate:
    """What a run over all rows will take, forecast from some of them.

    Attributes:
        pipeline: its name.
        rows: of the sources.
        sample: rows that were tried.
        rows_out: rows that will reach the end, about.
        total: what all rows take, those of the pilot among them.
        steps: name of a step that asks → what it takes.
        seconds: that the run will take, without the answers of the pilot; rough.
        spent: US dollars that the answers of the pilot cost, as far as prices are known; they are
            kept, and the run does not ask for them again.
        notes: what to keep in mind, in words.
    """

    pipeline: str
    rows: int
    sample: int
    rows_out: float
    total: Forecast
    steps: dict[str, Forecast]
    seconds: Range
    spent: float
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The estimate as JSON-like data."""
        return asdict(self)

    def __str__(self) -> str:
        return text_of(self)


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _span(span: Range, text: Callable[[float], str]) -> str:
    low, high = text(span.low), text(span.high)
    return low if low == high else f"{low} to {high}, about {text(span.expected)}"


def _priced(forecast: Forecast) -> str:
    if not forecast.unpriced:
        return format_money(forecast.cost.expected)
    return f"{format_money(forecast.cost.expected)} + ?" if forecast.cost.expected else "unknown"


def text_of(estimate: Estimate) -> str:
    """The estimate for people."""
    total = estimate.total
    shown = {**estimate.steps, **({"all": total} if len(estimate.steps) > 1 else {})}
    forecasts = shown.values()
    columns = [
        ["step", *(shorten(name, _LONGEST_NAME) for name in shown)],
        ["calls", *(_count(each.calls.expected) for each in forecasts)],
        ["tokens in", *(_count(each.input_tokens.expected) for each in forecasts)],
        ["out", *(_count(each.output_tokens.expected) for each in forecasts)],
        ["cost", *map(_priced, forecasts)],
    ]
    lines = [
        f"{estimate.pipeline}: estimate for {estimate.rows:,} rows, from {estimate.sample:,}.",
        "",
        *format_table(columns, ["model", *(each.model for each in forecasts)]),
        "",
        f"calls      {_span(total.calls, _count)}",
        f"tokens in  {_span(total.input_tokens, _count)}",
        f"out        {_span(total.output_tokens, _count)}",
        f"cost       {_cost(estimate)}",
        f"time       {_span(estimate.seconds, format_duration)}; rough",
        f"rows out   about {_count(estimate.rows_out)}",
        "",
        *estimate.notes,
    ]
    return "\n".join(lines).rstrip()


def _cost(estimate: Estimate) -> str:
    total = estimate.total
    unknown = f"unknown for {', '.join(total.unpriced)}"
    if total.unpriced and not total.cost.high:
        return unknown
    text = _span(total.cost, format_money)
    if total.unpriced:
        text += f", + {unknown}"
    if estimate.spent:
        text += f"; {format_money(estimate.spent)} of it is paid already"
    return text
