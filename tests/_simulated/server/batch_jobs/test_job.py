"""Protects what a job is at each moment of its time, and what it executes by its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from distilabel._simulated.server.batch_jobs.job import Job, JobRequest
from distilabel._simulated.server.batch_jobs.settings import BatchSettings


def job_of(count: int, **settings: Any) -> tuple[Job, list[Any]]:
    """A job of 10 seconds from 0, and the requests that it has executed."""
    executed: list[Any] = []

    def execute(body: Mapping[str, Any], fails: bool) -> tuple[int, Mapping[str, object]]:
        executed.append(body["n"])
        return (500, {}) if fails else (200, {})

    requests = [JobRequest(str(n), {"n": n}) for n in range(count)]
    return Job(requests, BatchSettings(seconds=10, **settings), execute, 0.0), executed


def test_the_status_follows_the_time_and_nothing_is_executed_before_the_end() -> None:
    job, executed = job_of(4)
    statuses = [job.status(now) for now in (0.0, 0.9, 1.0, 8.9, 9.0, 9.99, 10.0, 99.0)]
    assert statuses == [
        *("validating", "validating", "in_progress", "in_progress"),
        *("finalizing", "finalizing", "completed", "completed"),
    ]
    assert job.counts(5.0) == {"total": 4, "completed": 2, "failed": 0}
    assert (job.results(9.99), executed) == ([], [])
    assert len(job.results(10.0)) == 4
    job.results(11.0)
    assert executed == [0, 1, 2, 3]


def test_a_cancelled_job_keeps_what_was_executed_by_then() -> None:
    job, executed = job_of(4)
    job.cancel(5.0)
    assert job.status(5.0) == "cancelled"
    assert [result.status for result in job.results(99.0)] == [200, 200, None, None]
    assert executed == [0, 1]


def test_a_job_that_has_ended_cannot_be_cancelled() -> None:
    job, _ = job_of(1)
    job.cancel(10.0)
    assert (job.status(10.0), job.cancelled) == ("completed", None)


@pytest.mark.parametrize(
    ("settings", "counts"),
    [
        ({"end": "expired", "done": 0.5}, {"completed": 2, "failed": 0}),
        ({"failing": 0.25}, {"completed": 3, "failed": 1}),
        ({"end": "cancelled", "done": 0.75, "failing": 1.0}, {"completed": 0, "failed": 3}),
        ({"end": "failed"}, {"completed": 0, "failed": 0}),
    ],
)
def test_the_settings_say_how_requests_end(settings: Any, counts: dict[str, int]) -> None:
    job, _ = job_of(4, **settings)
    assert job.counts(10.0) == {"total": 4, **counts}


def test_errors_in_the_requests_fail_the_job_once_it_is_validated() -> None:
    job, executed = job_of(1)
    job.errors = [("invalid", "wrong")]
    assert [job.status(now) for now in (0.5, 1.0, 10.0)] == ["validating", "failed", "failed"]
    assert (job.results(10.0), executed) == ([], [])
