"""Protects when batch jobs are submitted, and when a run ends that does not wait for them."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.operators.spill import SpillFile
from distilabel.models.batch_jobs import coordinator
from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest, JobStatus
from distilabel.models.batch_jobs.pending import Request, Work, begin_work
from distilabel.models.client.standalone_jobs import StandaloneStore
from distilabel.models.llms.base import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from jobs import Endpoint, evolving, made, model, rows, writing
from rooms import FnGlobal

COUNT = 20


def test_no_more_rows_wait_in_memory_than_may(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel.models.batch_jobs.apis.openai.OpenAIBatchAPI.max_requests", 8)
    monkeypatch.setattr(coordinator, "MAX_HELD", 16)
    monkeypatch.setattr("distilabel._engine.run.runner.source_window", lambda steps: 8)
    endpoint.batches(seconds=0.4)
    with Pipeline("many", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(80), batch_size=4)
        load >> TextGeneration(name="write", llm=model(endpoint.url))
    assert len(made(pipeline.run())) == 80
    log = next(tmp_path.rglob("pipeline.log")).read_text()
    waiting: set[str] = set()
    most = 0
    for job, status in re.findall(r"batch job (\w+): (\w+),", log):
        (waiting.discard if status == "completed" else waiting.add)(job)
        most = max(most, len(waiting))
    # Two jobs that are held, and up to two whose rows were already read.
    assert 1 < most <= 4
    assert endpoint.counts == (10, 80, 0)


@pytest.mark.parametrize("block", [0, None])
def test_a_target_takes_no_more_rows_than_it_needs(
    endpoint: Endpoint, tmp_path: Path, block: int | None
) -> None:
    for _ in range(5):
        distiset = writing(endpoint.url, tmp_path, 1000, block=block).run(target_rows=10)
        if not distiset.report.jobs:
            break
    assert len(made(distiset)) == 10
    assert 10 <= endpoint.counts[1] <= 100
    assert endpoint.counts[2] == 0


def llm_of(pipeline: Pipeline, step: str) -> LLM:
    found: Any = pipeline._steps[step]
    llm: LLM = found.llm
    return llm


def test_a_run_that_does_not_wait_ends_and_a_later_one_collects(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.batches(seconds=3600)
    pipeline = writing(endpoint.url, tmp_path, block=None)
    report = pipeline.run().report
    (job,) = report.jobs
    assert (job["questions"], report.balanced, report.interrupted) == (COUNT, False, False)
    assert llm_of(pipeline, "write").jobs_ids == (job["job"],)
    assert f"{COUNT} requests are waiting in the batch job {job['job']}" in str(report)
    assert "run again" in str(report)
    # Not finished: found, looked at, left.
    again = writing(endpoint.url, tmp_path, block=None).run()
    assert [each["job"] for each in again.report.jobs] == [job["job"]]
    assert endpoint.counts[0] == 1
    endpoint.post(f"/v1/batches/{job['job']}/cancel")
    endpoint.batches()
    # It was cancelled with nothing done: what is missing goes in a new one.
    last = [writing(endpoint.url, tmp_path, block=None).run() for _ in range(2)][-1]
    assert (len(made(last)), last.report.jobs) == (COUNT, [])
    assert endpoint.counts == (2, COUNT, 0)


def test_turn_by_turn_without_waiting(endpoint: Endpoint, tmp_path: Path) -> None:
    runs = []
    for _ in range(4):
        pipeline = evolving(endpoint.url, tmp_path, turns=3, block=None)
        runs.append(pipeline.run())
    assert [len(made(run)) for run in runs] == [0, 0, 0, COUNT]
    assert [len(run.report.jobs) for run in runs] == [1, 1, 1, 0]
    assert llm_of(pipeline, "evolve").jobs_ids is None
    assert endpoint.counts == (3, 3 * COUNT, 0)


def test_what_needs_no_job_is_done_meanwhile(endpoint: Endpoint, tmp_path: Path) -> None:
    def run() -> Any:
        with Pipeline("mixed", cache_dir=tmp_path) as pipeline:
            load = LoadDataFromDicts(data=rows(COUNT))
            online = model(endpoint.url, "on", use_offline_batch_generation=False)
            load >> [
                TextGeneration(name="on", llm=online),
                TextGeneration(name="off", llm=model(endpoint.url, "off", block=None)),
            ]
        return pipeline.run()

    first = run()
    assert [row["model_name"] for row in made(first)] == ["on"] * COUNT
    second = run()
    assert second["off"]["train"].num_rows == COUNT
    assert endpoint.counts == (1, 2 * COUNT, 0)


# -- idle or not --------------------------------------------------------------------------------


def test_rows_behind_a_global_step_go_in_the_same_job_however_slow_its_files_are(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removing files takes time in which nothing else runs; the run is not idle meanwhile."""
    remove = SpillFile._remove

    def slow(self: SpillFile) -> None:
        time.sleep(0.5)
        remove(self)

    def other(inputs: Any) -> Any:
        return [{**row, "instruction": f"{row['instruction']} Again."} for row in inputs]

    monkeypatch.setattr(SpillFile, "_remove", slow)
    with Pipeline("slow", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(COUNT))
        load >> TextGeneration(name="first", llm=model(endpoint.url))
        second = TextGeneration(name="second", llm=model(endpoint.url))
        load >> FnGlobal(name="all", function=other) >> second
    pipeline.run(use_fs_to_pass_data=True)
    assert endpoint.counts == (1, 2 * COUNT, 0)


class Instant(BatchAPI):
    """A batch API without a network, whose jobs end at once."""

    max_requests, max_bytes, price_share = 100, 10**6, 0.5

    def __init__(self) -> None:
        super().__init__("http://instant/v1", {})
        self.jobs: list[list[str]] = []

    def encode(self, name: str, request: BatchRequest) -> bytes:
        return name.encode()

    async def submit(self, label: str, path: str, lines: Any, metadata: Any) -> str:
        self.jobs.append([line.decode() for line in lines])
        return str(len(self.jobs) - 1)

    async def find(self, label: str, count: int, since: float) -> None:
        return None

    async def retrieve(self, job: str) -> JobStatus:
        return JobStatus("completed", True, results=(job,))

    async def results(self, status: JobStatus) -> Any:
        for name in self.jobs[int(status.results[0])]:
            yield name, {"generations": [name], "statistics": {}}


class Stub:
    """A model whose requests go to `Instant`."""

    model_name = "stub"
    offline_batch_generation_block_until_done = 0
    jobs_ids: tuple[str, ...] | None = None

    def __init__(self) -> None:
        self.api = Instant()

    def _endpoint_id(self) -> str:
        return "stub"

    def _batch_api(self) -> BatchAPI:
        return self.api

    def _request(self, input: Any, count: int, arguments: Any) -> BatchRequest:
        return BatchRequest("chat", input.encode())

    def _learn(self, error: Any, input: Any, count: int, arguments: Any) -> bool:
        return False


class Counter:
    """Counts running work, and wakes the coordinator when there is none."""

    def __init__(self) -> None:
        self.busy = 0
        self.coordinator: Any = None

    @property
    def idle(self) -> bool:
        return self.busy == 0

    def begin(self) -> None:
        self.busy += 1

    def end(self) -> None:
        self.busy -= 1
        if self.idle:
            self.coordinator.wake()


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def builder(counter: Counter) -> Any:
    counter.coordinator = coordinator.JobCoordinator(
        counter, StandaloneStore(), metadata={}, emit=lambda event: None, on_left=lambda: None
    )
    return counter.coordinator.builder(Stub(), reuse=True)


def asking(builder: Any, counter: Counter, name: str) -> asyncio.Task[Any]:
    """Starts a row that asks one question."""
    llm: Any = Stub()

    async def row() -> Any:
        begin_work(Work(counter.end, counter.begin))
        try:
            return await builder.ask(name.encode(), Request(llm, name, 1, {}))
        finally:
            counter.end()

    counter.begin()
    return asyncio.get_running_loop().create_task(row())


async def test_a_stalled_event_loop_does_not_split_a_job(builder: Any, counter: Counter) -> None:
    """Where work hands over to other work, nothing is counted for some rounds of the loop."""
    first = asking(builder, counter, "a")
    for _ in range(10):
        # However long they take.
        await asyncio.sleep(0)
        time.sleep(0.05)  # noqa: ASYNC251
    second = asking(builder, counter, "b")
    await asyncio.wait_for(asyncio.gather(first, second), 10)
    assert [len(job) for job in builder.api.jobs] == [2]
    await counter.coordinator.close()


async def test_a_job_waits_for_work_that_runs_and_goes_at_once_after_it(
    builder: Any, counter: Counter
) -> None:
    counter.begin()
    first = asking(builder, counter, "a")
    for _ in range(10 * coordinator.IDLE_ROUNDS):
        await asyncio.sleep(0)
    assert builder.api.jobs == []
    counter.end()
    for _ in range(2 * coordinator.IDLE_ROUNDS):
        await asyncio.sleep(0)
    assert [len(job) for job in builder.api.jobs] == [1]
    await asyncio.wait_for(first, 10)
    await counter.coordinator.close()
