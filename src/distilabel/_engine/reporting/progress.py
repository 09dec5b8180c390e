"""Computes the progress of a run: rows per second, time left, state of the endpoints.

Reads the run statistics and the events; displays nothing itself.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

from distilabel._core.events import EndpointPaused, EndpointResumed, Event, JobUpdated, LimitChanged
from distilabel._engine.reporting.formatting import format_count
from distilabel._engine.reporting.run_stats import RunStats, StepStats

# Seconds over which the speed is averaged.
_SPEED_SECONDS: Final = 5.0
# The time left is estimated over a longer span, because batches finish in bursts.
_ESTIMATE_SECONDS: Final = 30.0
# How long a slowed endpoint is shown.
_NEWS_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class _Sample:
    """Rows that each step had processed at one time."""

    at: float
    counts: dict[str, int]


class Progress:
    """Computes speeds and the time left from samples of the run statistics.

    Args:
        stats: Statistics of the run.
        total: Rows of the sources, if known in advance.
    """

    def __init__(self, stats: RunStats, total: int | None) -> None:
        self.stats = stats
        self.total = total
        self._samples = [_Sample(time.monotonic(), {})]

    def sample(self) -> dict[str, float]:
        """Takes a sample and returns the rows per second of each step over the last seconds."""
        now = time.monotonic()
        counts = {name: step.worked for name, step in list(self.stats.steps.items())}
        samples = self._samples
        samples.append(_Sample(now, counts))
        while len(samples) > 2 and now - samples[1].at > _ESTIMATE_SECONDS:
            samples.pop(0)
        # With rare samples, the speed is that since the last one.
        recent = (each for each in samples[:-1] if now - each.at <= _SPEED_SECONDS)
        then = next(recent, samples[-2])
        span = max(now - then.at, 1e-3)
        return {name: (count - then.counts.get(name, 0)) / span for name, count in counts.items()}

    def seconds_left(self) -> float | None:
        """Estimates the seconds left, those of the slowest step; None if it cannot be estimated."""
        if self.total is None or len(self._samples) < 2:
            return None
        now = self._samples[-1].at
        longest = 0.0
        known = False
        for name, step in list(self.stats.steps.items()):
            rows = self.expected(step) - step.worked
            if rows <= 0 or not step.worked:
                continue
            # From when this step began: before, it was waiting for its input.
            idle = [each for each in self._samples if not each.counts.get(name)]
            then = idle[-1] if idle else self._samples[0]
            made = step.worked - then.counts.get(name, 0)
            if not made or now <= then.at:
                return None
            known = True
            longest = max(longest, rows * (now - then.at) / made)
        return longest if known else None

    def expected(self, step: StepStats) -> int:
        """Returns how many rows a step will receive, as far as is known."""
        return max(self.total or 0, step.taken)


@dataclass(slots=True)
class _EndpointState:
    """The text shown for an endpoint, and until when."""

    text: str
    until: float
    counts_down: bool = False


def format_job(event: JobUpdated) -> tuple[str, str]:
    """Formats a batch job: its subject, and its state."""
    state = f"{event.status}, {event.done:,} of {format_count(event.requests, 'request')} done"
    return f"{event.model}: batch job {event.job}", state


class EndpointStates:
    """Tracks which endpoints are paused, slowed or working on batch jobs."""

    def __init__(self) -> None:
        self._states: dict[str, _EndpointState] = {}

    def __call__(self, event: Event) -> None:
        """Records an event of an endpoint."""
        now = time.monotonic()
        if isinstance(event, EndpointPaused):
            self._states[event.endpoint] = _EndpointState(event.reason, now + event.seconds, True)
        elif isinstance(event, LimitChanged) and event.reason:
            before = self._states.get(event.endpoint)
            if before is None or not before.counts_down or before.until <= now:
                text = f"slowed to {event.speed}, {event.reason}"
                self._states[event.endpoint] = _EndpointState(text, now + _NEWS_SECONDS)
        elif isinstance(event, JobUpdated):
            job, state = format_job(event)
            if event.ended:
                self._states.pop(job, None)
            else:
                self._states[job] = _EndpointState(state, math.inf)
        elif isinstance(event, (LimitChanged, EndpointResumed)):
            # The endpoint has recovered.
            self._states.pop(event.endpoint, None)

    def lines(self) -> list[str]:
        """Returns one line per endpoint that is not in its normal state."""
        now = time.monotonic()
        lines = []
        for endpoint, state in list(self._states.items()):
            if state.until <= now:
                continue
            if state.counts_down:
                lines.append(f"{endpoint}: paused for {state.until - now:.0f} s, {state.text}")
            else:
                lines.append(f"{endpoint}: {state.text}")
        return lines
