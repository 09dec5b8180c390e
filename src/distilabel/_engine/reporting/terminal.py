"""What the terminal shows while a pipeline runs: a live table, or a line now and then.

The run does not know it is watched.
"""

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
from distilabel._engine.reporting.model_usage import bill_of, money, priced, together
from distilabel._engine.reporting.progress import EndpointStates, Progress, job_line
from distilabel._engine.reporting.report import duration, shortened
from distilabel._engine.reporting.run_stats import RunStats, StepStats

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

__all__ = ["LineDisplay", "LiveDisplay", "Progress", "display"]

_FIRST_LINE_AFTER: Final = 10.0
_LONGEST_SILENCE: Final = 60.0
_GATE_SAYS_EVERY: Final = 10.0
_NARROWEST_NAME: Final = 12
# Columns that a narrow terminal does without first: tokens, reused, cost, rows/s, in flight.
_LEAST_NEEDED: Final = (4, 1, 5, 3, 2)
_MOST_NEWS: Final = 3
# Rows of the terminal that are not steps: heading, column names, news of gates, the cursor.
_OTHER_ROWS: Final = 7


class LineDisplay:
    """A plain line now and then, for files and pipes.

    Args:
        watch: what to tell.
        out: where to.
    """

    # Rows that are done are also what time passes by.
    wants = (RunStarted, LimitChanged, EndpointResumed, JobUpdated, RowsProcessed)

    def __init__(self, watch: Progress, out: TextIO) -> None:
        self._watch = watch
        self._out = out
        self._silence = _FIRST_LINE_AFTER
        self._next = time.monotonic() + self._silence
        self._told: dict[str, int] = {}
        self._gates_told: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Says how far things are from time to time; pauses and ends are in the log's warnings."""
        if isinstance(event, RunStarted):
            steps = len(event.steps)
            self._say(f"{event.pipeline}: {steps} step{'s' if steps > 1 else ''}")
        elif isinstance(event, LimitChanged) and event.reason:
            self._moved(event)
        elif isinstance(event, JobUpdated):
            self._say(": ".join(job_line(event)))
        elif isinstance(event, EndpointResumed):
            self._say(f"{event.endpoint}: answers again")
        elif time.monotonic() >= self._next:
            # A long run needs fewer lines than a short one.
            self._silence = min(_LONGEST_SILENCE, self._silence * 1.5)
            self._next = time.monotonic() + self._silence
            self._progress()

    def _moved(self, event: LimitChanged) -> None:
        now = time.monotonic()
        if now - self._gates_told.get(event.endpoint, -_GATE_SAYS_EVERY) >= _GATE_SAYS_EVERY:
            self._gates_told[event.endpoint] = now
            self._say(f"{event.endpoint}: slowed to {event.speed}, {event.reason}")

    def _progress(self) -> None:
        watch = self._watch
        speeds = watch.look()
        for name, step in list(watch.stats.steps.items()):
            if step.worked != self._told.get(name, 0) or step.in_flight:
                self._told[name] = step.worked
                self._say(f"{name}: {_progress_of(step, watch, speeds[name])}")
        spent = spent_of(watch.stats)
        if spent:
            self._say(f"{spent} spent")
        left = watch.left()
        if left is not None:
            self._say(f"about {duration(left)} left")

    def _say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Nothing to put away."""


def _progress_of(step: StepStats, watch: Progress, speed: float) -> str:
    parts = [f"{step.worked:,} of {watch.of(step):,} rows", f"{speed:,.1f} rows/s"]
    if step.models:
        parts.append(f"{step.in_flight:,} in flight")
        parts.append(f"{step.input_tokens + step.output_tokens:,} tokens")
        parts.append(f"cost {priced(step.spent)}")
    if step.reused:
        parts.append(f"{step.reused:,} reused")
    if step.failed:
        parts.append(f"{step.failed:,} failed")
    return ", ".join(parts)


def spent_of(stats: RunStats) -> str:
    """What a run has spent so far, of its budget if it has one; empty if it asks nobody."""
    models = stats.models
    if not models:
        return ""
    if stats.budget is None:
        return bill_of(models)
    total = together(models.values())
    return f"{money(total.known_cost + total.lost_cost)} of {money(stats.budget)}"


def _short(count: int) -> str:
    """A count of at most six characters: `812`, `43,120`, `1.2 M`."""
    if count < 100_000:
        return f"{count:,}"
    if count < 1_000_000:
        return f"{count / 1000:.0f} k"
    return f"{count / 1e6:,.1f} M"


_screen = threading.Lock()


class LiveDisplay:
    """A table that is redrawn in place, for terminals.

    Args:
        watch: what to show.
        console: where.
    """

    wants = (RunStarted, LimitChanged, EndpointPaused, EndpointResumed, JobUpdated)

    def __init__(self, watch: Progress, console: Any) -> None:
        from rich.live import Live as RichLive

        self._watch = watch
        self._endpoints = EndpointStates()
        self._console = console
        # Before `RichLive`, which asks for the table as soon as it is made.
        self._lock = threading.Lock()
        self._shown = False
        self._live = RichLive(
            get_renderable=self._table,
            console=console,
            refresh_per_second=4,
            transient=True,
            # What is printed meanwhile goes above the table; output to a file stays there.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )

    def __call__(self, event: Event) -> None:
        """Begins to show once there is something to be seen."""
        self._endpoints(event)
        # Two tables would write over each other: of two runs the first has the screen.
        if isinstance(event, RunStarted) and not self._shown and _screen.acquire(blocking=False):
            self._shown = True
            self._live.start(refresh=True)

    def close(self) -> None:
        """Takes the table off the screen; the report takes its place."""
        if self._shown:
            self._shown = False
            self._live.stop()
            _screen.release()

    def _table(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        with self._lock:
            speeds = self._watch.look()
            left = self._watch.left()
        news = [Text(line, "yellow") for line in self._endpoints.lines()[:_MOST_NEWS]]
        for line in news:
            line.truncate(self._width, overflow="ellipsis")
        return Group(self._heading(left), self._steps(speeds), *news)

    @property
    def _width(self) -> int:
        # Not to the edge: the `^C` that a terminal writes must not begin a new line.
        return max(1, int(self._console.width) - 3)

    def _heading(self, left: float | None) -> Text:
        from rich.text import Text

        stats = self._watch.stats
        told = Text(f"  {duration(time.monotonic() - stats.begun)}")
        if stats.stopping:
            told.append(", stopping: what is in flight is finished and kept", "yellow")
        elif left is not None:
            told.append(f", about {duration(left)} left")
        spent = spent_of(stats)
        if spent:
            told.append(f", {spent} spent")
        told.truncate(self._width - _NARROWEST_NAME, overflow="ellipsis")
        name = Text(stats.pipeline, "bold")
        name.truncate(max(_NARROWEST_NAME, self._width - told.cell_len), overflow="ellipsis")
        heading = name + told
        heading.no_wrap = True
        return heading

    def _steps(self, speeds: dict[str, float]) -> Table:
        from rich.table import Table
        from rich.text import Text

        shown, hidden = self._chosen()
        cells = {name: self._cells(step, speeds.get(name, 0.0)) for name, step in shown.items()}
        heads = ["done", "reused", "in flight", "rows/s", "tokens", "cost", "failed"]
        # A column that nothing stands in takes room from the names.
        widths = [
            max((len(row[i]) for row in cells.values()), default=0) for i in range(len(heads))
        ]
        widths = [2 + max(len(head), width) for head, width in zip(heads, widths, strict=True)]
        used = [i for i, width in enumerate(widths) if any(row[i] for row in cells.values())]
        for i in _LEAST_NEEDED:
            if sum(widths[j] for j in used) + _NARROWEST_NAME > self._width and i in used:
                used.remove(i)
        room = max(_NARROWEST_NAME, self._width - sum(widths[i] for i in used))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("step", no_wrap=True)
        for i in used:
            table.add_column(heads[i], justify="right", no_wrap=True)
        for name, row in cells.items():
            step = shown[name]
            label = Text(shortened(name, room))
            if row[-1]:
                row[-1] = f"[red]{row[-1]}[/red]"
            idle = step.worked == step.taken and not step.in_flight
            table.add_row(label, *(row[i] for i in used), style="dim" if idle else "")
        if hidden:
            table.add_row(Text(f"and {hidden} more", "dim"))
        return table

    def _chosen(self) -> tuple[dict[str, StepStats], int]:
        """The steps there is room for, those at work first, and how many are left out."""
        steps = dict(self._watch.stats.steps)
        room = max(3, self._console.height - _OTHER_ROWS)
        if len(steps) <= room:
            return steps, 0
        at_work = [name for name, step in steps.items() if step.taken > step.worked]
        others = [name for name in steps if name not in at_work]
        chosen = set([*at_work, *others][: room - 1])
        return {n: s for n, s in steps.items() if n in chosen}, len(steps) - len(chosen)

    def _cells(self, step: StepStats, speed: float) -> list[str]:
        asks = bool(step.models)
        of = self._watch.of(step)
        tokens = step.input_tokens + step.output_tokens
        return [
            f"{step.worked:,} / {of:,}" if of else "",
            f"{step.reused:,}" if step.reused else "",
            f"{step.in_flight:,}" if asks else "",
            f"{speed:,.1f}" if speed else "",
            _short(tokens) if asks else "",
            priced(step.spent, "?") if asks else "",
            f"{step.failed:,}" if step.failed else "",
        ]


def display(stats: RunStats, total: int | None) -> LiveDisplay | LineDisplay:
    """The display that fits where standard error goes.

    Args:
        tally: of the run.
        total: rows of the sources, where that is known beforehand.
    """
    watch = Progress(stats, total)
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal and not console.is_dumb_terminal:
            return LiveDisplay(watch, console)
    return LineDisplay(watch, sys.stderr)
