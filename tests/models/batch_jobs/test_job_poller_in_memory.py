"""Protects how jobs are looked for, checked and collected, without HTTP."""

from __future__ import annotations

import time
from typing import Any

import pytest

from batch_doubles import COMPLETED, RUNNING, MemoryAPI, key, output, poller
from distilabel._core.events import JobUpdated
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.batch_jobs import job_poller
from distilabel.models.batch_jobs.apis.base import FoundJob
from distilabel.models.batch_jobs.job_store import JobRecord, JobStore
from distilabel.models.batch_jobs.pending import request_name
from distilabel.models.client.standalone_jobs import StandaloneStore
from virtual import in_no_time

DOWN = EndpointError("no connection")


def job(**fields: Any) -> JobRecord:
    return JobRecord("label", "http://x/v1", "m", "chat/completions", 2, **fields)


@pytest.fixture
def api() -> MemoryAPI:
    return MemoryAPI()


class StrictStore(StandaloneStore):
    """Takes keys as the answer store does."""

    async def put(self, key: bytes, value: bytes) -> None:
        assert len(key) == 16
        await super().put(key, value)


@pytest.fixture
def jobs() -> JobStore:
    return JobStore(StrictStore())


def test_a_job_that_arrives_late_is_found(api: MemoryAPI, jobs: JobStore) -> None:
    """A request may arrive after its sender was killed: a second job would be paid twice."""
    api.finds = [None, FoundJob("job7", True)]
    record = job()
    status = in_no_time(poller(api, jobs).wait(record, at_once=True))
    assert status is not None
    assert (status.status, record.job) == ("completed", "job7")
    # The next run need not look for it.
    assert jobs.record("label") == record


def test_a_job_of_long_ago_that_is_not_found_was_never_submitted(
    api: MemoryAPI, jobs: JobStore
) -> None:
    api.finds = [None, FoundJob("another", True)]
    record = job(created=time.time() - job_poller.ARRIVAL_SECONDS)
    status = in_no_time(poller(api, jobs).wait(record, at_once=True))
    assert status is not None
    assert (status.status, record.job, len(api.finds)) == ("never submitted", "", 1)


def test_a_job_that_is_only_likely_is_not_collected(api: MemoryAPI, jobs: JobStore) -> None:
    likely = FoundJob("strange", False)
    api.finds = [likely, likely, FoundJob("own", True)]
    record = job()
    status = in_no_time(poller(api, jobs).wait(record, at_once=True))
    assert status is not None
    assert (status.results, record.job) == (("own",), "own")


def test_checks_may_fail_many_times_but_not_many_times_in_a_row(
    api: MemoryAPI, jobs: JobStore
) -> None:
    few: list[Any] = [DOWN] * (job_poller._MAX_FAILED_CHECKS - 1)
    api.checks = [*few, RUNNING, *few, RUNNING, *few]
    status = in_no_time(poller(api, jobs, interval=60.0).wait(job(job="job0"), at_once=True))
    assert status is not None
    assert status.status == "completed"
    api.checks = [*few, DOWN]
    with pytest.raises(EndpointError, match="no connection"):
        in_no_time(poller(api, jobs, interval=60.0).wait(job(job="job0"), at_once=True))
    assert api.checks == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_check_that_is_refused_ends_at_once(api: MemoryAPI, jobs: JobStore, status: int) -> None:
    api.checks = [EndpointError("no", status=status), COMPLETED]
    with pytest.raises(EndpointError) as caught:
        in_no_time(poller(api, jobs, interval=60.0).wait(job(job="job0"), at_once=True))
    assert (caught.value.status, len(api.checks)) == (status, 1)


def test_without_an_interval_a_job_is_checked_once_and_left(api: MemoryAPI, jobs: JobStore) -> None:
    api.checks = [RUNNING, RUNNING]
    once = poller(api, jobs, interval=None)
    assert in_no_time(once.wait(job(job="job0"), at_once=False)) is None
    assert len(api.checks) == 2
    assert in_no_time(once.wait(job(job="job0"), at_once=True)) is None
    assert len(api.checks) == 1
    api.checks = [DOWN, COMPLETED]
    with pytest.raises(EndpointError):
        in_no_time(once.wait(job(job="job0"), at_once=True))


async def test_of_a_job_all_answers_are_stored_and_the_wanted_are_returned(
    api: MemoryAPI, jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_poller, "_STORE_BATCH", 2)
    texts = [f"t{number}" for number in range(5)]
    api.jobs["job0"] = [f"{request_name('label', key(text), '')} {text}" for text in texts]
    # A line of another job, and one without a name.
    api.jobs["job0"] += [f"{request_name('other', key('x'), '')} x", "None y"]
    api.answer = lambda text: AnswerError("no") if text == "t3" else output(text)
    record = job(job="job0")
    results = await poller(api, jobs).collect(
        record, COMPLETED._replace(results=("job0",)), {key("t0"), key("t3"), key("x")}
    )
    assert {each: str(result) for each, result in results.items()} == {
        key("t0"): str(output("t0")),
        key("t3"): "no",
    }
    stored = [jobs.answer(key(text)) for text in [*texts, "x"]]
    assert stored == [output("t0"), output("t1"), output("t2"), None, output("t4"), None]
    assert jobs.record("label") == record
    assert record.ended


async def test_a_job_is_on_record_before_and_after_it_is_submitted(
    api: MemoryAPI, jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is killed in between leaves a record without a name: the next one looks for it."""
    known: list[Any] = []
    submit = api.submit

    async def watched(*arguments: Any) -> str:
        known.append((jobs.record("label"), jobs.reference(key("a"))))
        return await submit(*arguments)

    monkeypatch.setattr(api, "submit", watched)
    record = job()
    before = job(created=record.created)
    await poller(api, jobs).submit(record, [b"n a"], {key("a"): 2})
    assert known == [(before, ("label", 2))]
    assert jobs.record("label") == job(created=record.created, job="job0")


def test_an_unchanged_job_is_reported_once(api: MemoryAPI, jobs: JobStore) -> None:
    events: list[Any] = []
    api.checks = [RUNNING, RUNNING, RUNNING._replace(done=1), RUNNING._replace(done=1)]
    polls = poller(api, jobs, emit=events.append)
    in_no_time(polls.wait(job(job="job0"), at_once=True))
    assert events == [
        JobUpdated("m", "job0", "in_progress", 2, 0, False),
        JobUpdated("m", "job0", "in_progress", 2, 1, False),
        JobUpdated("m", "job0", "completed", 2, 0, True),
    ]
