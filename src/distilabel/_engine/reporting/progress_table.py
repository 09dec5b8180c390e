"""Draws the progress of a run as a table of its steps, for terminals and notebooks."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

from distilabel._core.events import Event
from distilabel._core.printable import printable
from distilabel._engine.reporting.formatting import (
    format_duration,
    format_money,
    shorten,
)
from distilabel._engine.reporting.model_usage import format_cost, format_total_cost, total_usage
from distilabel._engine.reporting.progress import EndpointStates, Progress
from distilabel._engine.reporting.run_stats import RunStats, StepStats

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

_NARROWEST_NAME: Final = 12
# Columns dropped from a narrow display, in this order: tokens, reused, cost, rows/s, in flight.
_DROPPED_FIRST: Final = (4, 1, 5, 3, 2)
_MOST_ENDPOINTS: Final = 3
# Rows of the display that are not steps: heading, column names, endpoints, cursor.
_OTHER_ROWS: Final = 7


def format_spent(stats: RunStats) -> str:
    """Formats what a run has spent so far, of its budget if any; empty if it uses no model."""
    models = stats.models
    if not models:
        return ""
    if stats.budget is None:
        return format_total_cost(models)
    total = total_usage(models.values())
    return f"{format_money(total.most_known_cost)} of {format_money(stats.budget)}"


def _abbreviate(count: int) -> str:
    """Formats a count in at most six characters: `812`, `43,120`, `1.2 M`."""
    if count < 100_000:
        return f"{count:,}"
    if count < 1_000_000:
        return f"{count / 1000:.0f} k"
    return f"{count / 1e6:,.1f} M"


class ProgressTable:
    """A table of the steps, with a heading and the endpoints that are paused or slowed.

    Args:
        progress: Progress of the run.
        console: The `rich` console whose width and height the table fits.
    """

    def __init__(self, progress: Progress, console: Any) -> None:
        self._run = progress
        self._console = console
        self._endpoints = EndpointStates()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Records an event of an endpoint."""
        self._endpoints(event)

    def draw(self) -> Group:
        """Takes a sample of the progress and returns the table as a `rich` renderable."""
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
