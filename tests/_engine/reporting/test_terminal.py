"""Protects what a person sees in a terminal or a log file while a run goes on."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from counted import Clock
from distilabel._core.events import (
    LimitChanged,
    RowsProcessed,
    RowsReceived,
    RunStarted,
)
from distilabel._engine.reporting.progress import Progress
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.reporting.terminal import LineDisplay, LiveDisplay


def test_lines_tell_progress_now_and_then(clock: Clock) -> None:
    out = io.StringIO()
    stats = RunStats()
    lines = LineDisplay(Progress(stats, 100), out)

    def happens(event: Any) -> None:
        stats(event)
        lines(event)

    happens(RunStarted("run", {"one": "Step"}))
    happens(RowsReceived("one", 50))
    for _ in range(100):
        clock.now += 1
        if stats.steps["one"].worked < 50:
            happens(RowsProcessed("one", taken=1, given=1))
        happens(LimitChanged("there", 5, "it refuses"))
    text = out.getvalue()
    assert text.startswith("run: 1 step\n")
    assert "one: 10 of 100 rows, 1.0 rows/s" in text
    assert "about 1 min 30 s left" in text
    # A hundred seconds of refusals, and the log can still be read.
    assert text.count("slowed to 5") <= 11
    assert text.count("one: ") <= 6


def test_of_two_runs_at_a_time_one_has_the_screen() -> None:
    def live() -> LiveDisplay:
        console = Console(file=io.StringIO(), force_terminal=True, width=80)
        return LiveDisplay(Progress(RunStats(), None), console)

    first, second, third = live(), live(), live()
    try:
        first(RunStarted("one", {}))
        second(RunStarted("two", {}))
        assert (first._live.is_started, second._live.is_started) == (True, False)
    finally:
        first.close()
        second.close()
    third(RunStarted("three", {}))
    assert third._live.is_started
    third.close()


def test_lines_pass_on_nothing_that_commands_a_terminal() -> None:
    out = io.StringIO()
    LineDisplay(Progress(RunStats(), 100), out)(RunStarted("a\x1b[2Jrun", {}))
    assert out.getvalue() == "a\\x1b[2Jrun: 0 steps\n"
