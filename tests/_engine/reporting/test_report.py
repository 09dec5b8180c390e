"""Protects the report that a run prints at its end."""

from __future__ import annotations

from counted import at_work, spending, told
from distilabel._core.events import (
    RequestRetried,
    RowFailed,
    RowsProcessed,
    RowsReceived,
    RunFinished,
    RunStarted,
    RunStopping,
    UnusableResponse,
)
from distilabel._engine.reporting.report import Report
from distilabel._engine.reporting.run_stats import RunStats, StepStats


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
    assert "rows in  rows out  failed" in text
    assert "added" not in text
    assert "retried" in text
    assert "1 row failed (see distiset.failures; run again to retry)" in text
    assert max(map(len, text.splitlines()[:6])) <= 80


def test_a_count_that_any_step_has_gets_a_column_for_all() -> None:
    steps = {"one": StepStats(taken=2, given=1, dropped=1), "two": StepStats(taken=1, given=1)}
    assert "dropped" in str(Report("p", 1.0, steps))


def test_the_report_of_a_run_that_asked_nothing_tells_what_it_reused() -> None:
    assert "0 answers received, 3 reused" in str(Report("p", 1.0, {"ask": StepStats(reused=3)}))


def test_a_report_shows_itself_in_a_console_and_in_a_notebook() -> None:
    stats = at_work(["<b>one</b>"])
    told(stats, RowsProcessed("<b>one</b>", taken=60, given=60), RunFinished(12.0, False))
    report = Report.of(stats)
    assert repr(report) == str(report)
    html = report._repr_html_()
    assert "&lt;b&gt;one&lt;/b&gt;" in html
    assert "<b>one" not in html
    failed = Report("p", 1.0, error="no")
    assert failed._repr_html_() == f"<div><p>{failed}</p></div>"


def test_rows_that_cannot_be_read_are_not_accounted_for() -> None:
    report = Report("p", 1.0, rows=50, unreadable=50)
    assert not report.balanced
    assert "50 rows cannot be read from the files of the dataset" in str(report)
    assert Report("p", 1.0, rows=50).balanced


def test_the_report_of_a_run_that_its_budget_stopped_says_so() -> None:
    stats = told(spending(1.5), RunStopping("the budget"), RunFinished(2.0, True))
    report = Report.of(stats)
    assert report.stopped == "the budget"
    assert "stopped by the budget, $1.25 of $1.50 spent: run again to continue." in str(report)
    assert "cached" in str(report)
    assert report.models["bought"].cached_tokens == 600


def test_a_report_tells_what_a_row_cost_and_what_was_lost() -> None:
    stats = spending()
    told(stats, RowsReceived("b", 5), RowsProcessed("b", taken=5, given=3, dropped=1, failed=1))
    told(stats, UnusableResponse("a", "bought", 0, 0, 0, 0.5, lost=True), RunFinished(2.0, False))
    report = Report.of(stats)
    assert (report.rows, report.cost, report.cost_per_row) == (4, 1.75, 1.75 / 4)
    assert "cost $1.75 ($0.4375 per row)" in str(report)
    assert "1 response was lost and may be charged: up to $0.5000 of that" in str(report)
    assert report.to_dict()["models"]["bought"]["cost"] == 1.75


def test_requests_that_were_given_up_are_told_with_the_most_they_cost() -> None:
    stats = spending()
    lost = UnusableResponse("a", "bought", 0, 0, 0, 0.5, lost=True)
    given_up = UnusableResponse("a", "bought", 0, 0, 0, 0.25, lost=True, given_up=True)
    told(stats, lost, given_up, given_up, RunFinished(2.0, True))
    words = "1 response was lost and 2 requests were given up and may be charged: up to $1.00"
    assert words in str(Report.of(stats))


def test_a_run_whose_requests_were_all_given_up_is_not_free() -> None:
    stats = RunStats()
    given_up = UnusableResponse("a", "unpriced", 0, 0, 0, None, lost=True, given_up=True)
    told(stats, RunStarted("p", {"a": "A"}, ("a",)), given_up, RunFinished(2.0, True))
    assert Report.of(stats).cost is None
    assert "1 request was given up and may be charged" in str(Report.of(stats))
