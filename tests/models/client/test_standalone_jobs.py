"""Protects batch jobs without a pipeline: submitted by one call, collected by another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.exceptions import (
    DistilabelOfflineBatchGenerationNotFinishedException as NotFinished,
)
from distilabel.steps.tasks import TextGeneration
from jobs import Endpoint, claude, model, rows


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.close()


def chats(count: int = 5) -> Any:
    return [[{"role": "user", "content": f"Explain {i}."}] for i in range(count)]


@pytest.mark.parametrize("of", [model, claude])
def test_the_first_call_submits_and_the_second_collects(endpoint: Endpoint, of: type) -> None:
    llm = of(endpoint.url, block=None)
    llm.load()
    with pytest.raises(NotFinished) as caught:
        llm.offline_batch_generate(chats())
    assert caught.value.jobs_ids == llm.jobs_ids
    assert len(llm.jobs_ids) == 1
    outputs = llm.offline_batch_generate()
    alone = of(endpoint.url, use_offline_batch_generation=False)
    alone.load()
    assert outputs == alone.generate(chats())
    assert llm.jobs_ids is None


def test_a_model_that_is_told_the_jobs_collects_them(endpoint: Endpoint) -> None:
    first, second = model(endpoint.url), model(endpoint.url)
    first.load()
    with pytest.raises(NotFinished) as caught:
        first.offline_batch_generate(chats(), max_new_tokens=3)
    second.load()
    second.jobs_ids = caught.value.jobs_ids
    outputs = second.offline_batch_generate()
    assert [len(output["generations"]) for output in outputs] == [1] * 5
    assert all(len(output["generations"][0] or "") <= 12 for output in outputs)


def test_a_job_that_is_at_work_is_told_again(endpoint: Endpoint) -> None:
    endpoint.batches(seconds=3600)
    llm = model(endpoint.url)
    llm.load()
    for _ in range(2):
        with pytest.raises(NotFinished):
            llm.offline_batch_generate(chats())
    assert endpoint.counts[0] == 1


def test_questions_go_in_as_many_jobs_as_it_takes(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel.models.batch_jobs.apis.openai.OpenAIBatchAPI.max_requests", 2)
    llm = model(endpoint.url)
    llm.load()
    with pytest.raises(NotFinished):
        llm.offline_batch_generate(chats(5))
    assert len(llm.jobs_ids or ()) == 3
    assert len(llm.offline_batch_generate()) == 5


def test_a_failed_line_gives_an_empty_list(endpoint: Endpoint) -> None:
    endpoint.batches(failing=0.5)
    llm = model(endpoint.url)
    llm.load()
    with pytest.raises(NotFinished):
        llm.offline_batch_generate(chats(4))
    assert [bool(output) for output in llm.offline_batch_generate()] == [True, False, True, False]


@pytest.mark.parametrize("end", ["failed", "expired", "cancelled"])
def test_without_a_good_job_it_raises_and_the_jobs_are_forgotten(
    endpoint: Endpoint, end: str
) -> None:
    endpoint.batches(end=end)
    llm = model(endpoint.url)
    llm.load()
    with pytest.raises(NotFinished):
        llm.offline_batch_generate(chats())
    with pytest.raises(RuntimeError, match="batch"):
        llm.offline_batch_generate()
    assert llm.jobs_ids is None


def test_neither_questions_nor_jobs_is_a_mistake(endpoint: Endpoint) -> None:
    llm = model(endpoint.url)
    llm.load()
    with pytest.raises(ValueError, match="jobs_ids"):
        llm.offline_batch_generate()


def test_generate_outputs_waits_if_asked_to(endpoint: Endpoint) -> None:
    endpoint.batches(seconds=0.2)
    llm = model(endpoint.url, block=0)
    llm.load()
    assert len(llm.generate_outputs(chats(), 1)) == 5
    assert endpoint.counts == (1, 5, 0)


def test_a_task_by_itself_comes_back_for_its_jobs(endpoint: Endpoint) -> None:
    task = TextGeneration(name="write", llm=model(endpoint.url, block=None))
    task.load()
    with pytest.raises(NotFinished) as caught:
        next(task.process(rows(5)))
    assert task.llm.jobs_ids == caught.value.jobs_ids
    assert all(row["generation"] for row in next(task.process(rows(5))))
    assert endpoint.counts == (1, 5, 0)


def test_a_task_by_itself_waits_if_asked_to(endpoint: Endpoint) -> None:
    task = TextGeneration(name="write", llm=model(endpoint.url, block=0))
    task.load()
    assert len(next(task.process(rows(5)))) == 5
    assert endpoint.counts == (1, 5, 0)
