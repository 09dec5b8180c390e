"""Protects which requests go into which job, and which of them are tried again, without HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batch_doubles import (
    RUNNING,
    MemoryAPI,
    TextModel,
    builder,
    key,
    output,
    request,
)
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.batch_jobs.job_builder import MAX_TRIES, JobBuilder
from distilabel.models.batch_jobs.job_store import JobRecord, JobStore
from distilabel.models.batch_jobs.pending import Work, begin_work
from distilabel.models.client.standalone_jobs import StandaloneStore
from distilabel.models.protocol import RunStopped


@pytest.fixture
def api() -> MemoryAPI:
    return MemoryAPI()


@pytest.fixture
def store() -> StandaloneStore:
    return StandaloneStore()


async def settled(jobs: JobBuilder, *texts: str, **options: Any) -> list[Any]:
    """Asks, submits what is complete until nothing is left, and returns outputs and errors."""
    asked = [asyncio.create_task(jobs.ask(key(text), request(text), **options)) for text in texts]
    for _ in range(500):
        await asyncio.sleep(0)
        if all(each.done() for each in asked):
            break
        if jobs.has_drafts:
            jobs.proceed()
    await jobs.close()
    outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 1)
    return [one if isinstance(one, BaseException) else one.output for one in outcomes]


def texts_of(api: MemoryAPI) -> list[list[str]]:
    return [[line.split(" ", 1)[1] for line in job] for job in api.jobs.values()]


@pytest.mark.parametrize(("spare", "sizes"), [(0, [3, 3, 1]), (-1, [2, 2, 2, 1]), (1, [3, 3, 1])])
async def test_a_job_is_filled_to_the_last_byte_and_no_further(
    api: MemoryAPI, store: StandaloneStore, spare: int, sizes: list[int]
) -> None:
    jobs = builder(api, store)
    await settled(jobs, "0")
    # Three lines and the two line ends between them.
    api.max_bytes = 3 * api.sizes[0] + 2 + spare  # type: ignore[misc]
    api.jobs.clear()
    api.sizes.clear()
    await settled(builder(api, StandaloneStore()), *"1234567")
    assert [len(job) for job in texts_of(api)] == sizes
    assert max(api.sizes) <= api.max_bytes


async def test_a_request_larger_than_a_job_goes_alone(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.max_bytes = 10  # type: ignore[misc]
    assert await settled(builder(api, store), "a", "b") == [output("re a"), output("re b")]
    assert texts_of(api) == [["a"], ["b"]]


async def test_a_job_that_is_too_large_costs_its_requests_no_try(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.most_queued = 1
    texts = [str(number) for number in range(2 ** (MAX_TRIES + 1))]
    outcomes = await settled(builder(api, store), *texts)
    assert outcomes == [output(f"re {text}") for text in texts]
    # The first of them was rejected more often than a request may fail.
    assert sum("0" in job for job in texts_of(api)) == MAX_TRIES + 2
    # The next run knows, and does not have its jobs rejected again.
    api.jobs.clear()
    await settled(builder(api, store), "i", "j")
    assert texts_of(api) == [["i"], ["j"]]


async def test_a_single_request_that_is_too_large_fails_in_the_end(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.most_queued = 0
    (error,) = await settled(builder(api, store), "a")
    assert isinstance(error, AnswerError)
    assert (str(error), error.attempts) == ("too many tokens are queued", MAX_TRIES)
    assert len(api.jobs) == MAX_TRIES


async def test_after_a_job_was_too_large_one_is_sent_at_a_time(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.most_queued = 2
    api.checks = [RUNNING] * 2
    jobs = builder(api, store)
    asked = [asyncio.create_task(jobs.ask(key(t), request(t))) for t in "abcd"]
    unfinished = []
    for _ in range(200):
        await asyncio.sleep(0)
        jobs.proceed()
        answered = sum(each.done() for each in asked)
        unfinished.append(sum(map(len, texts_of(api)[1:])) - answered)
    assert max(unfinished) == 2
    assert [len(job) for job in texts_of(api)] == [4, 2, 2]
    await asyncio.gather(*asked)


async def test_a_job_that_never_left_costs_its_requests_no_try(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    """Runs that are killed before they submit do not use up the tries."""
    jobs = JobStore(store)
    await jobs.save_record(JobRecord("old", api.endpoint, "m", "chat/completions", 1, created=0.0))
    await jobs.save_references("old", {key("a"): MAX_TRIES})
    assert await settled(builder(api, store), "a") == [output("re a")]
    assert texts_of(api) == [["a"]]


async def test_only_what_has_no_answer_goes_into_another_job(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    lost = {"b", "c"}

    def answer(text: str) -> Any:
        if text in lost:
            lost.discard(text)
            return AnswerError("later", retryable=True) if text == "b" else None
        return output(f"re {text}")

    api.answer = answer
    assert await settled(builder(api, store), *"abc") == [output(f"re {t}") for t in "abc"]
    assert texts_of(api) == [["a", "b", "c"], ["b", "c"]]


async def test_what_fails_for_good_is_not_tried_again(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.answer = lambda text: AnswerError("not this", status=400)
    (error,) = await settled(builder(api, store), "a")
    assert (str(error), error.attempts, len(api.jobs)) == ("not this", 1, 1)


async def test_tries_are_counted_over_runs_and_begin_again_after_a_failure(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.answer = lambda text: None
    outcomes = []
    for _ in range(2 * MAX_TRIES + 2):
        # Each run checks the job of the run before it, and leaves one of its own.
        outcomes += await settled(builder(api, store, interval=None), "a")
    kinds = [type(each) for each in outcomes]
    assert kinds == ([RunStopped] * MAX_TRIES + [AnswerError]) * 2
    assert len(api.jobs) == 2 * MAX_TRIES


async def test_a_later_run_collects_the_job_and_stores_what_it_did_not_ask_for(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    first = builder(api, store, interval=None)
    assert [type(each) for each in await settled(first, *"abc")] == [RunStopped] * 3
    assert first.has_left
    assert await settled(builder(api, store, interval=None), "b") == [output("re b")]
    # Two requests that are equal wait for the same line of it.
    assert await settled(builder(api, store, interval=None), "b", "b") == [output("re b")] * 2
    # The rest is stored: no job, and no check.
    api.checks = [EndpointError("down")]
    assert await settled(builder(api, store), *"ac") == [output("re a"), output("re c")]
    assert len(api.jobs) == 1


async def test_an_answer_of_an_earlier_job_that_cannot_be_used_is_asked_again(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    await settled(builder(api, store), "a")
    api.answer = lambda text: output("better")
    outcome = await settled(builder(api, store), "a", is_wanted=lambda each: False)
    assert outcome == [output("better")]


async def test_a_job_at_another_endpoint_is_not_waited_for(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    await settled(builder(MemoryAPI("http://other/v1"), store, interval=None), "a")
    assert await settled(builder(api, store), "a") == [output("re a")]
    assert texts_of(api) == [["a"]]


async def test_an_answer_that_another_run_stored_meanwhile_is_not_asked_again(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    jobs = JobStore(store)
    api.answer = lambda text: None
    api.checks = [RUNNING] * 50
    asked = asyncio.create_task(settled(builder(api, store), "a"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(api.jobs) == 1
    await jobs.save_answers({key("a"): output("stored")})
    assert await asyncio.wait_for(asked, 1) == [output("stored")]
    assert len(api.jobs) == 1


async def test_jobs_that_would_go_one_by_one_are_all_left_to_later_runs(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.most_queued = 2
    seen = []
    for _ in range(5):
        outcomes = await settled(builder(api, store, interval=None), *"abcd")
        seen.append([each if isinstance(each, dict) else type(each) for each in outcomes])
    assert seen[:2] == [[RunStopped] * 4] * 2
    assert seen[-1] == [output(f"re {text}") for text in "abcd"]
    assert [len(job) for job in texts_of(api)] == [4, 2, 2]


async def test_without_reuse_earlier_jobs_are_left_alone(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    await settled(builder(api, store, interval=None), "a")
    await settled(builder(api, store, reuse=False), "a")
    assert len(api.jobs) == 2


async def test_equal_requests_are_one_and_the_first_pays(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    jobs = builder(api, store)
    both = [asyncio.create_task(jobs.ask(key("a"), request("a"))) for _ in range(2)]
    await asyncio.sleep(0)
    assert jobs.arrivals == 2
    jobs.proceed()
    first, second = await asyncio.gather(*both)
    assert (first.is_first, second.is_first) == (True, False)
    assert texts_of(api) == [["a"]]


async def test_a_row_that_is_given_up_goes_on_at_once_and_its_answer_is_stored(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    log: list[str] = []
    jobs = builder(api, store)

    async def row() -> None:
        begin_work(Work(lambda: log.append("pause"), lambda: log.append("resume")))
        await jobs.ask(key("a"), request("a"))

    task = asyncio.create_task(row())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert log == ["pause", "resume"]
    jobs.proceed()
    for _ in range(50):
        await asyncio.sleep(0)
    assert log == ["pause", "resume"]
    assert JobStore(store).answer(key("a")) == output("re a")


async def test_a_job_that_cannot_be_checked_ends_all_that_waits(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.max_requests = 1  # type: ignore[misc]
    api.checks = [EndpointError("bad key", status=401)]
    outcomes = await settled(builder(api, store), *"abc")
    assert [str(each) for each in outcomes] == ["bad key"] * 3


async def test_a_model_names_the_jobs_that_are_not_collected(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    model: Any = TextModel()
    jobs = builder(api, store, interval=None)
    jobs.serve(model)
    await settled(jobs, "a")
    assert model.jobs_ids == ("job0",)
    jobs = builder(api, store)
    jobs.serve(model)
    await settled(jobs, "a")
    assert model.jobs_ids is None


async def test_rows_are_held_while_their_requests_are_in_jobs(
    api: MemoryAPI, store: StandaloneStore
) -> None:
    api.checks = [RUNNING] * 1000
    jobs = builder(api, store)
    asked = [asyncio.create_task(jobs.ask(key(text), request(text))) for text in "abc"]
    await asyncio.sleep(0)
    assert (jobs.held, jobs.has_drafts, jobs.has_jobs) == (0, True, False)
    jobs.proceed()
    await asyncio.sleep(0)
    assert (jobs.held, jobs.has_drafts, jobs.has_jobs) == (3, False, True)
    api.checks.clear()
    await asyncio.gather(*asked)
    assert (jobs.held, jobs.has_pending) == (0, False)
