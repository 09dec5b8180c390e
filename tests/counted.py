"""Run statistics made of events, and a clock: what the tests of reporting share."""

from __future__ import annotations

from distilabel._core.events import (
    Event,
    RequestSent,
    ResponseReceived,
    RowsProcessed,
    RowsReceived,
    RunStarted,
)
from distilabel._engine.reporting.run_stats import RunStats


class Clock:
    """Time that passes only when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(stats: RunStats, *events: Event) -> RunStats:
    """The statistics after some more events."""
    for event in events:
        stats(event)
    return stats


def at_work(names: list[str], **counts: int) -> RunStats:
    stats = told(RunStats(), RunStarted("a run", dict.fromkeys(names, "Step")))
    for name in names:
        told(stats, RowsReceived(name, 100), RowsProcessed(name, taken=40, given=38, failed=2))
        told(stats, RequestSent(name, "model"), RequestSent(name, "model"))
        told(stats, ResponseReceived(name, "model", 1000, 234, 0.5, False, 0.5))
    return stats


def spending(budget: float | None = None) -> RunStats:
    stats = told(RunStats(), RunStarted("run", {"a": "Step", "b": "Step"}, ("b",), budget))
    told(
        stats,
        RequestSent("a", "bought"),
        ResponseReceived("a", "bought", 1000, 234, 0.5, False, 1.25, 600),
    )
    return stats
