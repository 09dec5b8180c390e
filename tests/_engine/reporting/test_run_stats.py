"""Protects the counts of a run: every row and every request ends up in exactly one place."""

from __future__ import annotations

from counted import told
from distilabel._core.events import (
    JobUpdated,
    RequestFailed,
    RequestRetried,
    RequestSent,
    ResponseReceived,
    RowsProcessed,
    RowsReceived,
    RunStarted,
)
from distilabel._engine.reporting.run_stats import RunStats


def started() -> RunStats:
    return told(RunStats(), RunStarted("run", {"one": "Step", "two": "Step"}, ("two",)))


def test_in_flight_returns_to_zero_whatever_happens_to_a_request() -> None:
    stats = told(
        started(),
        RequestSent("one", "m", 1),
        RequestRetried("one", "m", "429", 1.0, 1),
        RequestSent("one", "m", 1),
        ResponseReceived("one", "m", 10, 5, 0.1, reused=False),
        RequestSent("one", "m", 2),
        RequestFailed("one", "m", "400", 2),
        ResponseReceived("one", "m", 10, 5, 0.0, reused=True),
    )
    step = stats.steps["one"]
    assert (step.asked, step.retried, step.answered, step.reused) == (3, 1, 1, 1)
    assert step.in_flight == 0


def test_a_step_is_balanced_only_when_every_row_is_accounted_for() -> None:
    stats = told(started(), RowsReceived("one", 10))
    step = stats.steps["one"]
    assert not step.balanced
    told(stats, RowsProcessed("one", taken=10, given=9, dropped=2, created=2, failed=1, ended=1))
    assert step.balanced
    assert step.passed_on == 9
    told(stats, RowsProcessed("one", taken=0, given=1))
    assert not step.worked_is_balanced


def test_a_model_of_two_steps_is_counted_once_with_both() -> None:
    stats = started()
    for name in ("one", "two"):
        told(stats, ResponseReceived(name, "m", 10, 5, 0.1, reused=False, cost=0.5))
    assert stats.models["m"].answered == 2
    assert stats.models["m"].cost == 1.0


def test_a_batch_job_is_listed_until_it_ends() -> None:
    stats = told(started(), JobUpdated("m", "job", "in_progress", 10, 2, ended=False))
    assert list(stats.jobs) == ["job"]
    assert not told(stats, JobUpdated("m", "job", "completed", 10, 10, ended=True)).jobs
