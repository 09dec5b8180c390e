"""Displays the progress of a run: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, Final, TextIO

from distilabel._core.events import (
    EndpointPaused,
    EndpointResumed,
    Event,
    JobUpdated,
    LimitChanged,
    RowsProcessed,
    RunStarted,
)
from distilabel._core.printable import printable
from distilabel._engine.reporting.formatting import format_count, format_duration
from distilabel._engine.reporting.model_usage import format_cost
from distilabel._engine.reporting.progress import Progress, format_job
from distilabel._engine.reporting.progress_table import ProgressTable, format_spent
from distilabel._engine.reporting.run_stats import StepStats

# Seconds before the first progress line, and between lines at most.
_FIRST_LINE_SECONDS: Final = 10.0
_LONGEST_PAUSE: Final = 60.0
# Seconds between two lines about one endpoint.
_ENDPOINT_SECONDS: Final = 10.0


class LineDisplay:
    """Prints progress lines at growing intervals, for files and pipes.

    Args:
        progress: Progress of the run.
        out: Stream to print to.
    """

    # `RowsProcessed` is the clock of the progress lines.
    wants = (RunStarted, LimitChanged, EndpointResumed, JobUpdated, RowsProcessed)

    def __init__(self, progress: Progress, out: TextIO) -> None:
        self._run = progress
        self._out = out
        self._pause = _FIRST_LINE_SECONDS
        self._next = time.monotonic() + self._pause
        self._printed: dict[str, int] = {}
        self._endpoints_printed: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Prints a line if one is due. Pauses and the end of the run are logged instead."""
        if isinstance(event, RunStarted):
            self._print(f"{event.pipeline}: {format_count(len(event.steps), 'step')}")
        elif isinstance(event, LimitChanged) and event.reason:
            self._limit_changed(event)
        elif isinstance(event, JobUpdated):
            self._print(": ".join(format_job(event)))
        elif isinstance(event, EndpointResumed):
            self._print(f"{event.endpoint}: responding again")
        elif time.monotonic() >= self._next:
            # A long run needs fewer lines.
            self._pause = min(_LONGEST_PAUSE, self._pause * 1.5)
            self._next = time.monotonic() + self._pause
            self._print_progress()

    def _limit_changed(self, event: LimitChanged) -> None:
        now = time.monotonic()
        printed = self._endpoints_printed.get(event.endpoint, -_ENDPOINT_SECONDS)
        if now - printed >= _ENDPOINT_SECONDS:
            self._endpoints_printed[event.endpoint] = now
            self._print(f"{event.endpoint}: slowed to {event.speed}, {event.reason}")

    def _print_progress(self) -> None:
        progress = self._run
        speeds = progress.sample()
        for name, step in list(progress.stats.steps.items()):
            if step.worked != self._printed.get(name, 0) or step.in_flight:
                self._printed[name] = step.worked
                self._print(f"{name}: {_progress_of(step, progress, speeds[name])}")
        spent = format_spent(progress.stats)
        if spent:
            self._print(f"{spent} spent")
        left = progress.seconds_left()
        if left is not None:
            self._print(f"about {format_duration(left)} left")

    def _print(self, text: str) -> None:
        print(printable(text), file=self._out, flush=True)

    def close(self) -> None:
        """Does nothing: the lines stay."""


def _progress_of(step: StepStats, progress: Progress, speed: float) -> str:
    expected = format_count(progress.expected(step), "row")
    parts = [f"{step.worked:,} of {expected}", f"{speed:,.1f} rows/s"]
    if step.models:
        parts.append(f"{step.in_flight:,} in flight")
        parts.append(format_count(step.input_tokens + step.output_tokens, "token"))
        parts.append(f"cost {format_cost(step.spent)}")
    if step.reused:
        parts.append(f"{step.reused:,} reused")
    if step.failed:
        parts.append(f"{step.failed:,} failed")
    return ", ".join(parts)


_screen = threading.Lock()


class LiveDisplay:
    """Redraws a table of the steps in place, for terminals.

    Args:
        progress: Progress of the run.
        console: The `rich` console to draw on.
    """

    wants = (RunStarted, LimitChanged, EndpointPaused, EndpointResumed, JobUpdated)

    def __init__(self, progress: Progress, console: Any) -> None:
        from rich.live import Live as RichLive

        self._shown = False
        self._table = ProgressTable(progress, console)
        self._live = RichLive(
            get_renderable=self._table.draw,
            console=console,
            refresh_per_second=4,
            transient=True,
            # Output of the program goes above the table, unless it goes to a file.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )

    def __call__(self, event: Event) -> None:
        """Shows the table from the start of the run."""
        self._table(event)
        # Two tables would overwrite each other: the first of two concurrent runs has the screen.
        if isinstance(event, RunStarted) and not self._shown and _screen.acquire(blocking=False):
            self._shown = True
            self._live.start(refresh=True)

    def close(self) -> None:
        """Removes the table; the log then prints the report in its place."""
        if self._shown:
            self._shown = False
            self._live.stop()
            _screen.release()
