"""Protects what a person sees while a run goes on: the live table, the lines in a log."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from counted import Clock, at_work, spending, told
from distilabel._core.events import (
    EndpointPaused,
    Event,
    LimitChanged,
    RequestSent,
    ResponseReceived,
    RowsProcessed,
    RowsReceived,
    RunStarted,
    RunStopping,
    UnusableResponse,
)
from distilabel._engine.reporting.progress import Progress
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.reporting.terminal import LineDisplay, LiveDisplay


def shown(stats: RunStats, width: int, height: int = 40, *events: Event) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    live = LiveDisplay(Progress(stats, 100), console)
    for event in events:
        live._endpoints(event)
    console.print(live._table())
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_the_table_can_be_made_before_the_first_step() -> None:
    assert shown(RunStats(), 80)


def test_the_table_tells_the_state_of_every_step() -> None:
    lines = shown(at_work(["load", "judge"]), 100)
    assert lines[0].startswith("a run  ")
    for name in ("load", "judge"):
        line = next(line for line in lines if line.startswith(name))
        for text in ("40 / 100", " 1 ", "1,234", "$0.5000", " 2"):
            assert text in line


@pytest.mark.parametrize("width", [80, 60])
def test_no_line_reaches_the_edge_and_long_names_stay_apart(width: int) -> None:
    names = [f"a_step_with_a_name_much_longer_than_any_terminal_is_wide_{i}" for i in range(3)]
    stats = at_work(names)
    stats.pipeline = "数据" * 60
    pause = EndpointPaused("https://a-very-long-host.example.com/v1 " * 3, 9.0, "it asked to wait")
    from rich.cells import cell_len

    lines = shown(stats, width, 40, pause)
    assert max(map(cell_len, lines)) < width
    assert len({line.split()[0] for line in lines if line.startswith("a_")}) == 3


def test_a_low_terminal_shows_the_steps_at_work() -> None:
    stats = at_work([f"step{i}" for i in range(30)])
    told(stats, RowsProcessed("step0", taken=60, given=60))
    lines = shown(stats, 100, 12)
    assert len(lines) < 12
    assert not any(line.startswith("step0 ") for line in lines)
    assert "and 26 more" in lines


def test_stopping_is_said() -> None:
    assert "stopping" in shown(told(at_work(["one"]), RunStopping("Ctrl-C")), 100)[0]


def test_names_from_users_are_no_markup() -> None:
    stats = at_work(["one"])
    stats.pipeline = "[bold]all[/] of it"
    assert shown(stats, 100)[0].startswith("[bold]all[/] of it")


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


def test_the_money_spent_and_the_budget_are_told() -> None:
    assert "$1.25 spent" in shown(spending(), 80)[0]
    assert "$1.25 of $5.00 spent" in shown(spending(5.0), 80)[0]
    stats = told(
        spending(), RequestSent("b", "own"), ResponseReceived("b", "own", 10, 10, 0.5, False)
    )
    lines = shown(stats, 80)
    assert "$1.25 + unknown for own spent" in lines[0]
    assert lines[-1].split()[-1] == "?"
    # A lost reply may have been charged for: the budget has to hold all the same.
    told(stats := spending(5.0), UnusableResponse("a", "bought", 0, 0, 0, 0.5, lost=True))
    assert "$1.75 of $5.00 spent" in shown(stats, 80)[0]


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


def test_neither_display_passes_on_what_commands_a_terminal() -> None:
    stats = at_work(["load"])
    stats.pipeline = "a\x1b[2Jrun [red]"
    pause = EndpointPaused("https://host\x1b]0;x\x07", 9.0, "it said \u202e[bold]")
    text = "\n".join(shown(stats, 100, 40, pause))
    assert r"a\x1b[2Jrun [red]" in text
    assert r"https://host\x1b]0;x\x07" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    out = io.StringIO()
    LineDisplay(Progress(stats, 100), out)(RunStarted("a\x1b[2Jrun", {}))
    assert out.getvalue() == "a\\x1b[2Jrun: 0 steps\n"
