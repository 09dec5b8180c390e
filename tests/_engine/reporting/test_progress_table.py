"""Protects the table of the steps that terminals and notebooks show while a run goes on."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from counted import at_work, spending, told
from distilabel._core.events import (
    EndpointPaused,
    Event,
    RequestSent,
    ResponseReceived,
    RowsProcessed,
    RunStopping,
    UnusableResponse,
)
from distilabel._engine.reporting.progress import Progress
from distilabel._engine.reporting.progress_table import ProgressTable
from distilabel._engine.reporting.run_stats import RunStats


def shown(stats: RunStats, width: int, height: int = 40, *events: Event) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    table = ProgressTable(Progress(stats, 100), console)
    for event in events:
        table(event)
    console.print(table.draw())
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


def test_the_table_passes_on_nothing_that_commands_a_terminal() -> None:
    stats = at_work(["load"])
    stats.pipeline = "a\x1b[2Jrun [red]"
    pause = EndpointPaused("https://host\x1b]0;x\x07", 9.0, "it said \u202e[bold]")
    text = "\n".join(shown(stats, 100, 40, pause))
    assert r"a\x1b[2Jrun [red]" in text
    assert r"https://host\x1b]0;x\x07" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_a_narrow_terminal_still_shows_what_is_done_and_has_failed() -> None:
    heads = [
        next(line for line in shown(at_work(["judge"]), w) if "done" in line) for w in (100, 50)
    ]
    assert "tokens" in heads[0]
    assert "tokens" not in heads[1]
    assert all("failed" in head for head in heads)
