"""Displays the progress of a run: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TextIO

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
from distilabel._engine.reporting.formatting import (
    format_count,
    format_duration,
    format_money,
    shorten,
)
from distilabel._engine.reporting.model_usage import format_cost, format_total_cost, total_usage
from distilabel._engine.reporting.progress import EndpointStates, Progress, format_job
from distilabel._engine.reporting.run_stats import RunStats, StepStats

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

# Seconds before the first progress line, and between lines at most.
_FIRST_LINE_SECONDS: Final = 10.0
_LONGEST_PAUSE: Final = 60.0
# Seconds between two lines about one endpoint.
_ENDPOINT_SECONDS: Final = 10.0
_NARROWEST_NAME: Final = 12
# Columns dropped from a narrow terminal, in this order: tokens, reused, cost, rows/s, in flight.
_DROPPED_FIRST: Final = (4, 1, 5, 3, 2)
_MOST_ENDPOINTS: Final = 3
# Terminal rows that are not steps: heading, column names, endpoints, cursor.
_OTHER_ROWS: Final = 7


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


def format_spent(stats: RunStats) -> str:
    """Formats what a run has spent so far, of its budget if any; empty if it uses no model."""
    models = stats.models
    if not models:
        return ""
    if stats.budget is None:
        return format_total_cost(models)
    total = total_usage(models.values())
    return f"{format_money(total.known_cost + total.lost_cost)} of {format_money(stats.budget)}"


def _abbreviate(count: int) -> str:
    """Formats a count in at most six characters: `812`, `43,120`, `1.2 M`."""
    if count < 100_000:
        return f"{count:,}"
    if count < 1_000_000:
        return f"{count / 1000:.0f} k"
    return f"{count / 1e6:,.1f} M"


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

        self._run = progress
        self._endpoints = EndpointStates()
        self._console = console
        # Set before `RichLive` is made, which renders at once.
        self._lock = threading.Lock()
        self._shown = False
        self._live = RichLive(
            get_renderable=self._table,
            console=console,
            refresh_per_second=4,
            transient=True,
            # Output of the program goes above the table, unless it goes to a file.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )

    def __call__(self, event: Event) -> None:
        """Shows the table from the start of the run."""
        self._endpoints(event)
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

    def _table(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        with self._lock:
            speeds = self._run.sample()
            left = self._run.seconds_left()
        lines = self._endpoints.lines()[:_MOST_ENDPOINTS]
        endpoints = [Text(printable(line), "yellow") for line in lines]
        for line in endpoints:
            line.truncate(self._width, overflow="ellipsis")
        return Group(self._heading(left), self._steps(speeds), *endpoints)

    @property
    def _width(self) -> int:
        # Leaves room for the `^C` that a terminal prints at Ctrl-C.
        return max(1, int(self._console.width) - 3)

    def _heading(self, left: float | None) -> Text:
        from rich.text import Text

        stats = self._run.stats
        text = Text(f"  {format_duration(time.monotonic() - stats.begun)}")
        if stats.stopping:
            text.append(", stopping: waiting for requests in flight", "yellow")
        elif left is not None:
            text.append(f", about {format_duration(left)} left")
        spent = format_spent(stats)
        if spent:
            text.append(f", {spent} spent")
        text.truncate(self._width - _NARROWEST_NAME, overflow="ellipsis")
        name = Text(printable(stats.pipeline), "bold")
        name.truncate(max(_NARROWEST_NAME, self._width - text.cell_len), overflow="ellipsis")
        heading = name + text
        heading.no_wrap = True
        return heading

    def _steps(self, speeds: dict[str, float]) -> Table:
        from rich.table import Table
        from rich.text import Text

        shown, hidden = self._visible_steps()
        cells = {name: self._cells(step, speeds.get(name, 0.0)) for name, step in shown.items()}
        heads = ["done", "reused", "in flight", "rows/s", "tokens", "cost", "failed"]
        # Empty columns are left out: the names need the room.
        widths = [
            max((len(row[i]) for row in cells.values()), default=0) for i in range(len(heads))
        ]
        widths = [2 + max(len(head), width) for head, width in zip(heads, widths, strict=True)]
        used = [i for i, width in enumerate(widths) if any(row[i] for row in cells.values())]
        for i in _DROPPED_FIRST:
            if sum(widths[j] for j in used) + _NARROWEST_NAME > self._width and i in used:
                used.remove(i)
        room = max(_NARROWEST_NAME, self._width - sum(widths[i] for i in used))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("step", no_wrap=True)
        for i in used:
            table.add_column(heads[i], justify="right", no_wrap=True)
        for name, row in cells.items():
            step = shown[name]
            label = Text(shorten(printable(name), room))
            if row[-1]:
                row[-1] = f"[red]{row[-1]}[/red]"
            idle = step.worked == step.taken and not step.in_flight
            table.add_row(label, *(row[i] for i in used), style="dim" if idle else "")
        if hidden:
            table.add_row(Text(f"and {hidden} more", "dim"))
        return table

    def _visible_steps(self) -> tuple[dict[str, StepStats], int]:
        """Returns the steps that fit, active ones first, and how many do not fit."""
        steps = dict(self._run.stats.steps)
        room = max(3, self._console.height - _OTHER_ROWS)
        if len(steps) <= room:
            return steps, 0
        active = [name for name, step in steps.items() if step.taken > step.worked]
        others = [name for name in steps if name not in active]
        chosen = set([*active, *others][: room - 1])
        return {n: s for n, s in steps.items() if n in chosen}, len(steps) - len(chosen)

    def _cells(self, step: StepStats, speed: float) -> list[str]:
        asks = bool(step.models)
        expected = self._run.expected(step)
        tokens = step.input_tokens + step.output_tokens
        return [
            f"{step.worked:,} / {expected:,}" if expected else "",
            f"{step.reused:,}" if step.reused else "",
            f"{step.in_flight:,}" if asks else "",
            f"{speed:,.1f}" if speed else "",
            _abbreviate(tokens) if asks else "",
            format_cost(step.spent, "?") if asks else "",
            f"{step.failed:,}" if step.failed else "",
        ]


def display(stats: RunStats, total: int | None) -> LiveDisplay | LineDisplay:
    """Makes the display that suits standard error: a table for terminals, else lines.

    Args:
        stats: Statistics of the run.
        total: Rows of the sources, if known in advance.
    """
    progress = Progress(stats, total)
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal and not console.is_dumb_terminal:
            return LiveDisplay(progress, console)
    return LineDisplay(progress, sys.stderr)
