"""Makes an estimate from a pilot: sums over all rows, and the time that the requests take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from distilabel._engine.estimation.estimate import Estimate, Forecast, Range, extrapolate
from distilabel._engine.estimation.pilot import Consumption, Pilot
from distilabel._engine.reporting.formatting import format_count
from distilabel._engine.reporting.report import Report
from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.models.rate_limit.concurrency import MOST, START
from distilabel.steps.base import _Step

# Processing time of a request in this process, in seconds: at least, and at most.
_OWN_SECONDS: Final = (0.0003, 0.003)
# Prompts that a model in this process gets at a time.
_BATCH: Final = 50


@dataclass
class _Load:
    """The requests that one endpoint still gets.

    Attributes:
        calls: Number of requests.
        work: Sum of their latencies in seconds.
        fewest: Lower bound of the requests in flight at a time.
        most: Upper bound of the requests in flight at a time.
        per_minute: Maximum number of requests per minute; None sets no limit.
    """

    calls: float
    work: float
    fewest: int
    most: int
    per_minute: int | None


def make_estimate(
    name: str, report: Report, pilot: Pilot, steps: dict[str, _Step], rows: int, sample: int
) -> Estimate:
    """Makes the estimate for all rows.

    Args:
        name: Name of the pipeline.
        report: Report of the pilot's run.
        pilot: What the pilot recorded.
        steps: The steps by name.
        rows: Number of all source rows.
        sample: Number of source rows in the pilot.

    Returns:
        The estimate.
    """
    used = {name: step.per_row(sample) for name, step in pilot.steps.items()}
    models = {name: _llm(steps[name]) for name in used}
    forecasts = {
        name: _forecast(
            per_row,
            rows,
            [models[name].model_name] if pilot.steps[name].unpriced else [],
            models[name].model_name,
        )
        for name, per_row in used.items()
    }
    totals = [Consumption() for _ in range(sample)]
    for per_row in used.values():
        for total, consumption in zip(totals, per_row, strict=True):
            total += consumption
    unpriced = sorted({name for each in forecasts.values() for name in each.unpriced})
    return Estimate(
        pipeline=name,
        rows=rows,
        sample=sample,
        rows_out=report.rows * rows / sample,
        total=_forecast(totals, rows, unpriced, ""),
        steps=forecasts,
        seconds=_seconds(report, pilot, models, forecasts, 1 - sample / rows),
        spent=sum(total.cost for total in totals),
        notes=_notes(report, pilot, steps),
    )


def _llm(step: _Step) -> LLM:
    # Only steps that asked a model come here.
    return step._all_models()[0]


def _forecast(per_row: list[Consumption], rows: int, unpriced: list[str], model: str) -> Forecast:
    def sum_of(value: Callable[[Consumption], float]) -> Range:
        return extrapolate([value(row) for row in per_row], rows)

    return Forecast(
        calls=sum_of(lambda row: row.calls),
        input_tokens=sum_of(lambda row: row.input_tokens),
        output_tokens=sum_of(lambda row: row.output_tokens),
        cost=sum_of(lambda row: row.cost),
        unpriced=unpriced,
        model=model,
    )


def _seconds(
    report: Report,
    pilot: Pilot,
    models: dict[str, LLM],
    forecasts: dict[str, Forecast],
    left: float,
) -> Range:
    """Returns how long the rest of the rows takes: as long as the busiest endpoint."""
    if not left:
        return Range(0.0, 0.0, 0.0)
    endpoints: dict[str, _Load] = {}
    for name, llm in models.items():
        calls = forecasts[name].calls.expected * left
        latencies = pilot.steps[name].latencies
        work = calls * fmean(latencies) if latencies else 0.0
        found = endpoints.get(llm._endpoint_id())
        if found is None:
            found = endpoints[llm._endpoint_id()] = _Load(
                0.0, 0.0, *_in_flight(llm), llm.requests_per_minute
            )
        found.calls += calls
        found.work += work
    calls = sum(each.calls for each in endpoints.values())
    least, most = (seconds * calls for seconds in _OWN_SECONDS)
    fast = max((_time(each, each.most) for each in endpoints.values()), default=0.0)
    slow = max((_time(each, each.fewest) for each in endpoints.values()), default=0.0)
    fast = max(fast, least)
    # The first row passes all steps one after the other, as in the pilot.
    slow += most + report.seconds
    return Range(fast, (fast * slow) ** 0.5, slow)


def _in_flight(llm: LLM) -> tuple[int, int]:
    if llm.max_concurrency:
        return min(llm.max_concurrency, START), llm.max_concurrency
    return (START, MOST) if isinstance(llm, AsyncLLM) else (1, _BATCH)


def _time(load: _Load, in_flight: int) -> float:
    seconds = load.work / max(1.0, min(in_flight, load.calls))
    paced = load.calls * 60 / load.per_minute if load.per_minute else 0.0
    return max(seconds, paced)


def _notes(report: Report, pilot: Pilot, steps: dict[str, _Step]) -> list[str]:
    notes = []
    global_steps = [name for name, step in steps.items() if step._needs_all_rows]
    if global_steps:
        notes.append(
            f"{', '.join(global_steps)} processes all rows at once and had only those of the "
            "sample: the steps after it may differ by more than these ranges."
        )
    notes += [
        f"No row of the sample reached {name}: its requests are not in this estimate."
        for name, step in pilot.steps.items()
        if not step.by_row and not step.unassigned
    ]
    if pilot.job_shares:
        notes.append(
            f"{', '.join(pilot.job_shares)} will use batch jobs: their price is in this estimate, "
            "their time is not."
        )
    if report.failures:
        notes.append(
            f"{format_count(report.failures, 'row')} of the sample failed; what they used counts "
            "like the rest."
        )
    return notes
