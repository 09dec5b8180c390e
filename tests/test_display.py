"""Protects what a person sees of a run: the live table, the lines in a log, the closing report."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from rich.console import Console

from distilabel._core.events import (
    EndpointPaused,
    EndpointResumed,
    Event,
    JobUpdated,
    LimitChanged,
    RequestRetried,
    RequestSent,
    ResponseReceived,
    RowFailed,
    RowsProcessed,
    RowsReceived,
    RunFinished,
    RunStarted,
    RunStopping,
    UnusableResponse,
)
from distilabel._engine.reporting.progress import EndpointStates, Progress
from distilabel._engine.reporting.report import Report, shortened
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.reporting.terminal import LineDisplay, LiveDisplay


class Clock:
    """Time that passes only when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def told(stats: RunStats, *events: Event) -> RunStats:
    for event in events:
        stats(event)
    return stats


def at_work(names: list[str], **counts: int) -> RunStats:
    stats = told(RunStats(), RunStarted("a run", dict.fromkeys(names, "Step")))
    for name in names:
        told(stats, RowsReceived(name, 100), RowsProcessed(name, taken=40, given=38, failed=2))
        told(stats, RequestSent(name, "model"), RequestSent(name, "model"))
        told(stats, ResponseReceived(name, "model", 1000, 234, 0.5, False, 0.5))
    return stats


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


def test_speed_and_time_left_follow_the_slowest_step(clock: Clock) -> None:
    stats = told(RunStats(), RunStarted("run", {"fast": "Step", "slow": "Step"}))
    watch = Progress(stats, 100)
    assert watch.left() is None
    told(stats, RowsReceived("fast", 100), RowsReceived("slow", 50))
    for _ in range(10):
        clock.now += 1
        told(
            stats, RowsProcessed("fast", taken=5, given=5), RowsProcessed("slow", taken=2, given=2)
        )
        speeds = watch.look()
    assert speeds == {"fast": 5.0, "slow": 2.0}
    assert watch.left() == pytest.approx(80 / 2)


def test_a_rare_look_tells_the_speed_since_the_last_one(clock: Clock) -> None:
    stats = told(RunStats(), RunStarted("run", {"one": "Step"}))
    watch = Progress(stats, None)
    clock.now += 60
    told(stats, RowsReceived("one", 600), RowsProcessed("one", taken=600, given=600))
    assert watch.look() == {"one": 10.0}
    assert watch.left() is None


def test_news_of_gates_come_and_go(clock: Clock) -> None:
    endpoints = EndpointStates()
    endpoints(EndpointPaused("there", 2.0, "it asked to wait"))
    endpoints(LimitChanged("there", 12, "it refuses"))
    assert endpoints.lines() == ["there: paused, 2 s left, it asked to wait"]
    clock.now += 3
    assert endpoints.lines() == []
    endpoints(LimitChanged("there", 12, "it refuses"))
    assert endpoints.lines() == ["there: slowed to 12 in flight, it refuses"]
    endpoints(EndpointResumed("there"))
    assert endpoints.lines() == []


def test_a_batch_job_is_told_of_until_it_has_ended() -> None:
    states = EndpointStates()
    states(JobUpdated("m", "batch_1", "in_progress", 2000, 30, False))
    assert states.lines() == ["m: batch job batch_1: in_progress, 30 of 2,000 questions done"]
    states(JobUpdated("m", "batch_1", "completed", 2000, 2000, True))
    assert states.lines() == []


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


def test_the_report_counts_everything_and_leaves_out_what_is_zero() -> None:
    stats = at_work(["one"])
    told(
        stats,
        RequestRetried("one", "model", "429", 1.0),
        RowsProcessed("one", taken=60, given=60),
        RowFailed("one", (1,), {"type": "AnswerError"}),
        RunFinished(12.0, False),
    )
    text = str(Report.of(stats))
    assert "rows in  out  failed" in text
    assert "created" not in text
    assert "again" in text
    assert "1 rows failed" in text or "1 row failed" in text
    assert max(map(len, text.splitlines()[:6])) <= 80


def test_a_shortened_name_keeps_both_ends() -> None:
    assert shortened("text_generation_0", 30) == "text_generation_0"
    assert shortened("text_generation_with_many_words_17", 12) == "text_g…ds_17"
    assert len(shortened("x" * 50, 30)) == 30


def spending(budget: float | None = None) -> RunStats:
    stats = told(RunStats(), RunStarted("run", {"a": "Step", "b": "Step"}, ("b",), budget))
    told(
        stats,
        RequestSent("a", "bought"),
        ResponseReceived("a", "bought", 1000, 234, 0.5, False, 1.25, 600),
    )
    return stats


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


def test_the_report_of_a_run_that_its_budget_stopped_says_so() -> None:
    stats = told(spending(1.5), RunStopping("the budget"), RunFinished(2.0, True))
    report = Report.of(stats)
    assert report.stopped == "the budget"
    assert "stopped by the budget: spent $1.25 of $1.50; run again to go on." in str(report)
    assert "cached" in str(report)
    assert report.models["bought"].cached_tokens == 600


def test_a_report_tells_what_a_row_cost_and_what_was_lost() -> None:
    stats = spending()
    told(stats, RowsReceived("b", 5), RowsProcessed("b", taken=5, given=3, dropped=1, failed=1))
    told(stats, UnusableResponse("a", "bought", 0, 0, 0, 0.5, lost=True), RunFinished(2.0, False))
    report = Report.of(stats)
    assert (report.rows, report.cost, report.cost_per_row) == (4, 1.25, 1.25 / 4)
    assert "cost $1.25, $0.3125 for each of 4 rows" in str(report)
    assert "1 reply was lost on the way and may be charged as well, at most $0.5000" in str(report)
    assert report.to_dict()["models"]["bought"]["cost"] == 1.25


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
