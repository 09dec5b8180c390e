"""`Estimate`: the cost and the time of a run, forecast from a sample. Knows no run and no model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import NormalDist, fmean, stdev
from typing import Any, Final

from distilabel._engine.reporting.formatting import (
    format_count,
    format_duration,
    format_money,
    format_table,
    shorten,
)

# The probability that a range contains the true value.
_CONFIDENCE: Final = 0.95
_LONGEST_NAME: Final = 30


@dataclass(frozen=True)
class Range:
    """A number that is not known yet, as a range that contains it with 95 % probability.

    Attributes:
        low: Lower bound.
        expected: Best guess.
        high: Upper bound.
    """

    low: float
    expected: float
    high: float

    def __contains__(self, value: float) -> bool:
        tolerance = 1e-9 * max(1.0, abs(value))
        return self.low - tolerance <= value <= self.high + tolerance


def extrapolate(values: Sequence[float], rows: int) -> Range:
    """Returns the sum over all rows, estimated from the values of a sample.

    Args:
        values: One value for each row of the sample; at least two, or those of all rows.
        rows: Number of all rows.

    Returns:
        The range of the sum; exact if the sample contains all rows.
    """
    seen, count = math.fsum(values), len(values)
    if count >= rows:
        return Range(seen, seen, seen)
    expected = rows * fmean(values)
    unit = stdev(values) * rows * math.sqrt((1 - count / rows) / count)
    lower, upper = _errors(values)
    return Range(max(seen, expected - lower * unit), expected, expected + upper * unit)


def _errors(values: Sequence[float]) -> tuple[float, float]:
    """Returns how far the true mean may lie below and above that of a sample, in standard errors.

    Willink's interval for skewed values: a few expensive rows extend it upwards.
    """
    count, center, spread = len(values), fmean(values), stdev(values)
    quantile = _student(count - 1)
    if not spread:
        return 0.0, 0.0
    third = math.fsum((value - center) ** 3 for value in values)
    third *= count / ((count - 1) * max(1, count - 2))
    skew = third / (6 * math.sqrt(count) * spread**3)
    if abs(skew) < 1e-6:
        return quantile, quantile

    def skewed(error: float) -> float:
        return (math.cbrt(1 + 6 * skew * (error - skew)) - 1) / (2 * skew)

    return skewed(quantile), -skewed(-quantile)


def _student(freedom: int) -> float:
    """Returns the two-sided quantile of Student's t, expanded around the normal one."""
    z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return z + first + second + third


@dataclass
class Forecast:
    """The forecast for one step, or for all of them.

    Attributes:
        calls: Answers that models generate.
        input_tokens: Tokens of the prompts.
        output_tokens: Tokens of the answers.
        cost: US dollars, for the models whose price is known.
        unpriced: Names of the models whose price is unknown.
        model: Name of the model; empty if there are several.
    """

    calls: Range
    input_tokens: Range
    output_tokens: Range
    cost: Range
    unpriced: list[str] = field(default_factory=list)
    model: str = ""


@dataclass
class Estimate:
    """The cost and the time of a run over all rows, forecast from a sample of them.

    Attributes:
        pipeline: Name of the pipeline.
        rows: Rows of the sources.
        sample: Rows that were tried.
        rows_out: Rows that will reach the leaf steps; approximate.
        total: Forecast for all rows, including those of the sample.
        steps: Name of a step that asks a model → its forecast.
        seconds: Seconds that the run will take, without the answers of the sample; rough.
        spent: US dollars that the answers of the sample cost, for the models whose price is known.
            They are stored, and the run does not request them again.
        notes: Limits of the forecast, in words.
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
        """Returns the estimate as JSON-like data."""
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
    """Returns the text that `print` shows.

    Args:
        estimate: The estimate.
    """
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
    rows = format_count(estimate.rows, "row")
    lines = [
        f"{estimate.pipeline}: estimate for {rows}, from {estimate.sample:,}.",
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
        text += f"; {format_money(estimate.spent)} of it is already spent"
    return text
