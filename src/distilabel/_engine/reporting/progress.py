"""What can be told of a run while it goes on: speeds, what is left, and how the gates stand.

Reads the tally and the events; shows nothing itself.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

from distilabel._core.events import EndpointPaused, EndpointResumed, Event, JobUpdated, LimitChanged
from distilabel._engine.reporting.run_stats import RunStats, StepStats

_SPEED_OVER: Final = 5.0
# What is left is told from a longer look back: batches come in leaps.
_ESTIMATE_OVER: Final = 30.0
# A gate that gave way is news for so long.
_NEWS_FOR: Final = 15.0


@dataclass(frozen=True, slots=True)
class _Look:
    """How many rows each step was done with at a moment."""

    at: float
    counts: dict[str, int]


class Progress:
    """Speeds and what is left, from looks at the tally.

    Args:
        tally: of the run.
        total: rows of the sources, where that is known beforehand.
    """

    def __init__(self, stats: RunStats, total: int | None) -> None:
        self.stats = stats
        self.total = total
        self._looks = [_Look(time.monotonic(), {})]

    def look(self) -> dict[str, float]:
        """Rows per second of each step, over the last seconds."""
        now = time.monotonic()
        counts = {name: step.worked for name, step in list(self.stats.steps.items())}
        looks = self._looks
        looks.append(_Look(now, counts))
        while len(looks) > 2 and now - looks[1].at > _ESTIMATE_OVER:
            looks.pop(0)
        # Whoever looks rarely gets the speed since the last look.
        then = next((look for look in looks[:-1] if now - look.at <= _SPEED_OVER), looks[-2])
        span = max(now - then.at, 1e-3)
        return {name: (count - then.counts.get(name, 0)) / span for name, count in counts.items()}

    def left(self) -> float | None:
        """Seconds that are left, if that can be told: those of the step with most of them."""
        if self.total is None or len(self._looks) < 2:
            return None
        now = self._looks[-1].at
        longest = 0.0
        told = False
        for name, step in list(self.stats.steps.items()):
            rows = self.of(step) - step.worked
            if rows <= 0 or not step.worked:
                continue
            # From the moment this step began: before, it only waited for others.
            idle = [look for look in self._looks if not look.counts.get(name)]
            then = idle[-1] if idle else self._looks[0]
            made = step.worked - then.counts.get(name, 0)
            if not made or now <= then.at:
                return None
            told = True
            longest = max(longest, rows * (now - then.at) / made)
        return longest if told else None

    def of(self, step: StepStats) -> int:
        """How many rows a step will have had, as far as is known."""
        return max(self.total or 0, step.taken)


@dataclass(slots=True)
class _GateState:
    """What is to be told of one gate, and until when."""

    text: str
    until: float
    counts_down: bool = False


def job_line(event: JobUpdated) -> tuple[str, str]:
    """Which batch job an event is about, and how it stands, for people."""
    how = f"{event.status}, {event.done:,} of {event.requests:,} questions done"
    return f"{event.model}: batch job {event.job}", how


class EndpointStates:
    """Which endpoints are left alone, asked slower or at work on jobs at the moment; a listener."""

    def __init__(self) -> None:
        self._states: dict[str, _GateState] = {}

    def __call__(self, event: Event) -> None:
        """Takes note of what gates tell."""
        now = time.monotonic()
        if isinstance(event, EndpointPaused):
            self._states[event.endpoint] = _GateState(event.reason, now + event.seconds, True)
        elif isinstance(event, LimitChanged) and event.reason:
            before = self._states.get(event.endpoint)
            if before is None or not before.counts_down or before.until <= now:
                text = f"slowed to {event.speed}, {event.reason}"
                self._states[event.endpoint] = _GateState(text, now + _NEWS_FOR)
        elif isinstance(event, JobUpdated):
            job, how = job_line(event)
            if event.ended:
                self._states.pop(job, None)
            else:
                self._states[job] = _GateState(how, math.inf)
        elif isinstance(event, (LimitChanged, EndpointResumed)):
            # It grows again, or answers again.
            self._states.pop(event.endpoint, None)

    def lines(self) -> list[str]:
        """One line per gate there is news of."""
        now = time.monotonic()
        told = []
        for endpoint, state in list(self._states.items()):
            if state.until <= now:
                continue
            if state.counts_down:
                told.append(f"{endpoint}: paused, {state.until - now:.0f} s left, {state.text}")
            else:
                told.append(f"{endpoint}: {state.text}")
        return told
