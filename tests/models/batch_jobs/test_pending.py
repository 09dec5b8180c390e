"""Protects requests that wait for a job: who is given the response, and which work is paused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from distilabel.models.batch_jobs.pending import (
    JobDraft,
    PendingRequest,
    Work,
    begin_work,
    current_work,
    request_key,
    request_name,
)

KEY = bytes(range(16))


def pending() -> PendingRequest:
    request: Any = None
    return PendingRequest(KEY, request)


def test_work_is_paused_from_its_first_waiting_request_to_its_last() -> None:
    log: list[str] = []
    work = Work(lambda: log.append("pause"), lambda: log.append("resume"))
    work.pause()
    work.pause()
    work.resume()
    assert log == ["pause"]
    work.resume()
    work.pause()
    assert log == ["pause", "resume", "pause"]


async def test_what_work_starts_belongs_to_it() -> None:
    async def inner() -> Work | None:
        return current_work()

    work = Work(lambda: None, lambda: None)
    assert current_work() is None
    begin_work(work)
    assert await asyncio.create_task(inner()) is work
    assert await asyncio.to_thread(current_work) is work


async def test_the_first_waiter_pays_and_work_resumes_before_its_waiter_runs() -> None:
    log: list[str] = []
    loop = asyncio.get_running_loop()
    request = pending()
    work = Work(lambda: None, lambda: log.append("resume"))
    for _ in range(3):
        work.pause()
        request.waiters.append((loop.create_future(), work))
    (given_up, _), (first, _), (second, _) = request.waiters
    given_up.cancel()
    work.resume()
    request.settle({"generations": ["a"], "statistics": {}})
    assert log == ["resume"]
    assert [(await each).is_first for each in (first, second)] == [True, False]


async def test_an_error_is_raised_in_all_waiters() -> None:
    request = pending()
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    request.waiters.append((future, None))
    request.settle(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await future


def test_a_draft_knows_its_size() -> None:
    draft = JobDraft("chat/completions")
    draft.add(pending(), b"12345")
    assert (draft.size, list(draft.requests)) == (6, [KEY])
    assert draft.label != JobDraft("chat/completions").label


def test_the_key_is_found_in_the_name_of_a_request_of_the_same_job() -> None:
    name = request_name("label", KEY, "s")
    assert len(request_name("0" * 16, KEY, "s")) <= 64
    assert request_key(name, "label") == KEY
    assert request_key(name, "other") is None
    assert request_key("label", "label") is None
    assert request_key("label_nohex_", "label") is None
