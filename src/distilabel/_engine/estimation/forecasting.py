"""From what a pilot saw to an estimate: sums over all rows, and how long asking will take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from distilabel._engine.estimation.estimate import Estimate, Forecast, Range, whole
from distilabel._engine.estimation.pilot import Pilot, Took
from distilabel._engine.reporting.report import Report
from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.models.rate_limit.concurrency import MOST, START
from distilabel.steps.base import _Step

# What a question takes on this side, in seconds: at least, and at most.
_OWN_SECONDS: Final = (0.0003, 0.003)
# Questions that a model within this process gets at a time.
_BATCH: Final = 50


@dataclass
class _Asked:
    """What is left to ask at one endpoint.

    Attributes:
        calls: questions.
        work: seconds of answers, one after the other.
        fewest: questions in flight at a time, at least.
        most: the same, at most.
        per_minute: most questions a minute; None is no limit.
    """

    calls: float
    work: float
    fewest: int
    most: int
    per_minute: int | None


def estimate_of(
    name: str, report: Report, pilot: Pilot, steps: dict[str, _Step], rows: int, sample: int
) -> Estimate:
    """The estimate.

    Args:
        name: of the pipeline.
        report: of the pilot's run.
        pilot: what it saw.
        steps: of the pipeline, by name.
        rows: of the sources.
        sample: those of them that were tried.
    """
    taken = {name: seen.per_row(sample) for name, seen in pilot.steps.items()}
    models = {name: _llm(steps[name]) for name in taken}
    forecasts = {
        name: _forecast(
            per_row,
            rows,
            [models[name].model_name] if pilot.steps[name].unpriced else [],
            models[name].model_name,
        )
        for name, per_row in taken.items()
    }
    everything = [Took() for _ in range(sample)]
    for per_row in taken.values():
        for total, took in zip(everything, per_row, strict=True):
            total += took
    unpriced = sorted({name for each in forecasts.values() for name in each.unpriced})
    return Estimate(
        pipeline=name,
        rows=rows,
        sample=sample,
        rows_out=report.rows * rows / sample,
        total=_forecast(everything, rows, unpriced, ""),
        steps=forecasts,
        seconds=_seconds(report, pilot, models, forecasts, 1 - sample / rows),
        spent=sum(took.cost for took in everything),
        notes=_notes(report, pilot, steps),
    )


def _llm(step: _Step) -> LLM:
    llm: LLM = step.llm  # type: ignore[attr-defined]  # only steps that ask have been seen
    return llm


def _forecast(per_row: list[Took], rows: int, unpriced: list[str], model: str) -> Forecast:
    def sum_of(value: Callable[[Took], float]) -> Range:
        return whole([value(took) for took in per_row], rows)

    return Forecast(
        calls=sum_of(lambda took: took.calls),
        input_tokens=sum_of(lambda took: took.input_tokens),
        output_tokens=sum_of(lambda took: took.output_tokens),
        cost=sum_of(lambda took: took.cost),
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
    """How long the rest takes: the busiest endpoint holds up all others."""
    if not left:
        return Range(0.0, 0.0, 0.0)
    endpoints: dict[str, _Asked] = {}
    for name, llm in models.items():
        calls = forecasts[name].calls.expected * left
        latencies = pilot.steps[name].latencies
        work = calls * fmean(latencies) if latencies else 0.0
        found = endpoints.get(llm._endpoint_id())
        if found is None:
            found = endpoints[llm._endpoint_id()] = _Asked(
                0.0, 0.0, *_in_flight(llm), llm.requests_per_minute
            )
        found.calls += calls
        found.work += work
    calls = sum(each.calls for each in endpoints.values())
    least, most = (seconds * calls for seconds in _OWN_SECONDS)
    fast = max((_time(each, each.most) for each in endpoints.values()), default=0.0)
    slow = max((_time(each, each.fewest) for each in endpoints.values()), default=0.0)
    fast = max(fast, least)
    # The first row takes as long as it took in the pilot, and nobody else is asked meanwhile.
    slow += most + report.seconds
    return Range(fast, (fast * slow) ** 0.5, slow)


def _in_flight(llm: LLM) -> tuple[int, int]:
    if llm.max_concurrency:
        return min(llm.max_concurrency, START), llm.max_concurrency
    return (START, MOST) if isinstance(llm, AsyncLLM) else (1, _BATCH)


def _time(asked: _Asked, in_flight: int) -> float:
    seconds = asked.work / max(1.0, min(in_flight, asked.calls))
    paced = asked.calls * 60 / asked.per_minute if asked.per_minute else 0.0
    return max(seconds, paced)


def _notes(report: Report, pilot: Pilot, steps: dict[str, _Step]) -> list[str]:
    notes = []
    alone = [name for name, step in steps.items() if step._needs_all_rows]
    if alone:
        notes.append(
            f"{', '.join(alone)} looks at all rows at once and saw only those of the sample: what "
            "comes after may differ more than is said here."
        )
    notes += [
        f"No row of the sample reached {name}: what it asks is not in this estimate."
        for name, seen in pilot.steps.items()
        if not seen.by_row and not seen.loose
    ]
    if pilot.job_shares:
        notes.append(
            f"{', '.join(pilot.job_shares)} will ask in batch jobs, at their price; how long those "
            "take is not in this estimate."
        )
    if report.failures:
        notes.append(f"{report.failures:,} rows of the sample failed, and count as they did.")
    return notes
