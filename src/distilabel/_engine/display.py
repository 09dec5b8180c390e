"""What the terminal shows while a pipeline runs: a live table, or a line now and then.

Reads the tally and the events; the run does not know it is watched.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TextIO

from distilabel._core.events import Event, GatePaused, GateResumed, RunStarted, Stopping
from distilabel._engine.report import duration, money
from distilabel._engine.tally import StepTally, Tally

if TYPE_CHECKING:
    from rich.table import Table

_LINE_EVERY: Final = 10.0
_SPEED_OVER: Final = 5.0


class Watch:
    """Speeds and what is left, from two looks at the tally.

    Args:
        tally: of the run.
        total: rows of the sources, where that is known beforehand.
    """

    def __init__(self, tally: Tally, total: int | None) -> None:
        self.tally = tally
        self.total = total
        self._looks: list[tuple[float, dict[str, int]]] = []

    def look(self) -> dict[str, float]:
        """Rows per second of each step, over the last seconds."""
        now = time.monotonic()
        counts = {name: step.worked for name, step in self.tally.steps.items()}
        self._looks.append((now, counts))
        while len(self._looks) > 2 and now - self._looks[1][0] > _SPEED_OVER:
            self._looks.pop(0)
        then, before = self._looks[0]
        span = max(now - then, 1e-3)
        return {name: (count - before.get(name, 0)) / span for name, count in counts.items()}

    def left(self, speeds: dict[str, float]) -> float | None:
        """Seconds that are left, if that can be told: those of the step with most of them."""
        if self.total is None:
            return None
        times = []
        for name, step in self.tally.steps.items():
            rows = self.total - step.worked
            if rows > 0 and step.worked:
                times.append(rows / speeds[name] if speeds[name] else float("inf"))
        longest = max(times, default=0.0)
        return longest if longest != float("inf") else None


class Lines:
    """A plain line now and then, for files and pipes.

    Args:
        watch: what to tell.
        out: where to.
    """

    def __init__(self, watch: Watch, out: TextIO) -> None:
        self._watch = watch
        self._out = out
        self._next = time.monotonic() + _LINE_EVERY

    def __call__(self, event: Event) -> None:
        """Says what matters at once, and how far things are from time to time."""
        if isinstance(event, RunStarted):
            self._say(f"{event.pipeline}: {len(event.steps)} steps")
        elif isinstance(event, GatePaused):
            self._say(f"{event.endpoint}: paused for {event.seconds:.1f} s, {event.reason}")
        elif isinstance(event, GateResumed):
            self._say(f"{event.endpoint}: answers again")
        elif isinstance(event, Stopping):
            self._say(f"stopping ({event.reason})")
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_EVERY
            self._progress()

    def _progress(self) -> None:
        speeds = self._watch.look()
        for name, step in self._watch.tally.steps.items():
            if step.taken:
                self._say(f"{name}: {_progress_of(step, self._watch.total, speeds[name])}")
        left = self._watch.left(speeds)
        if left is not None:
            self._say(f"about {duration(left)} left")

    def _say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Nothing to put away."""


def _progress_of(step: StepTally, total: int | None, speed: float) -> str:
    parts = [f"{step.worked:,} of {total or step.taken:,} rows", f"{speed:,.1f} rows/s"]
    if step.models:
        parts.append(f"{step.in_flight} in flight")
        parts.append(f"{step.input_tokens + step.output_tokens:,} tokens")
        parts.append(f"cost {money(step.cost)}")
    if step.failed:
        parts.append(f"{step.failed:,} failed")
    return ", ".join(parts)


class Live:
    """A table that is redrawn in place, for terminals.

    Args:
        watch: what to show.
        console: where.
    """

    def __init__(self, watch: Watch, console: Any) -> None:
        from rich.live import Live as RichLive

        self._watch = watch
        self._live = RichLive(
            get_renderable=self._table,
            console=console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._lock = threading.Lock()
        self._shown = False

    def __call__(self, event: Event) -> None:
        """Begins to show once there is something to be seen."""
        if isinstance(event, RunStarted) and not self._shown:
            self._shown = True
            self._live.start(refresh=True)

    def close(self) -> None:
        """Takes the table off the screen; the report takes its place."""
        if self._shown:
            self._live.stop()

    def _table(self) -> Table:
        from rich.table import Table

        tally = self._watch.tally
        with self._lock:
            speeds = self._watch.look()
        table = Table(box=None, pad_edge=False, title_justify="left", caption_justify="left")
        table.add_column("step", no_wrap=True)
        for head in ("done", "of", "in flight", "rows/s", "tokens", "cost", "failed"):
            table.add_column(head, justify="right", no_wrap=True)
        for name, step in list(tally.steps.items()):
            asks = bool(step.models)
            table.add_row(
                name,
                f"{step.worked:,}",
                f"{self._watch.total or step.taken:,}",
                f"{step.in_flight:,}" if asks else "",
                f"{speeds[name]:,.1f}",
                f"{step.input_tokens + step.output_tokens:,}" if asks else "",
                money(step.cost) if asks else "",
                f"[red]{step.failed:,}[/red]" if step.failed else "",
            )
        table.title = f"[bold]{tally.pipeline}[/bold]  {self._heading(speeds)}"
        table.caption = "\n".join(f"{name}: {state}" for name, state in list(tally.gates.items()))
        return table

    def _heading(self, speeds: dict[str, float]) -> str:
        parts = [duration(time.monotonic() - self._watch.tally.begun)]
        left = self._watch.left(speeds)
        if left is not None:
            parts.append(f"about {duration(left)} left")
        if self._watch.tally.stopping:
            parts.append("[yellow]stopping, finishing what is in flight[/yellow]")
        return ", ".join(parts)


def display(tally: Tally, total: int | None) -> Live | Lines:
    """The display that fits where standard error goes.

    Args:
        tally: of the run.
        total: rows of the sources, where that is known beforehand.
    """
    watch = Watch(tally, total)
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal and not console.is_dumb_terminal:
            return Live(watch, console)
    return Lines(watch, sys.stderr)
