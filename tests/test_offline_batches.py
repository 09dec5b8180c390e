"""Protects questions that go as batch jobs, over HTTP: each is asked once, whatever happens."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import jobs
from distilabel._engine.operators import task
from distilabel.errors import EndpointError
from distilabel.models.batch_jobs import coordinator, finding, job_builder
from distilabel.models.batch_jobs.apis import base
from distilabel.models.llms.base import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, LoadDataFromDicts, StepInput
from distilabel.steps.tasks import TextGeneration
from distilabel.steps.tasks.base import Task
from jobs import Endpoint, Killer, evolving, made, model, rows, started, writing
from rooms import Echo

COUNT = 20
CREATE, UPLOAD = "POST /v1/batches", "POST /v1/files"
LOOK, COLLECT = "GET /v1/batches", "GET /v1/files/content"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setattr(coordinator, "QUIET_SECONDS", 0.02)
    monkeypatch.setattr(base, "FIRST_WAIT", 0.01)
    server = Endpoint()
    yield server
    server.close()


# -- what goes into a job -----------------------------------------------------------------------


def test_all_questions_go_as_one_job_and_rows_come_in_order(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    distiset = writing(endpoint.url, tmp_path, 300).run()
    assert [row["instruction"] for row in made(distiset)] == [r["instruction"] for r in rows(300)]
    assert all(row["generation"] for row in made(distiset))
    assert endpoint.counts == (1, 300, 0)
    assert distiset.report.balanced
    assert distiset.report.steps["write"].in_jobs == 300
    assert "by batch" in str(distiset.report)


def test_more_rows_than_are_on_their_way_at_a_time_go_as_one_job(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that wait for a job let others in: neither the window nor a task's bound stops them."""
    monkeypatch.setattr(task, "_MOST_RUNNING", 64)
    distiset = writing(endpoint.url, tmp_path, 1500).run()
    assert len(made(distiset)) == 1500
    assert endpoint.counts == (1, 1500, 0)


def test_each_turn_of_a_task_is_one_job(endpoint: Endpoint, tmp_path: Path) -> None:
    distiset = evolving(endpoint.url, tmp_path, turns=3).run()
    assert endpoint.counts == (3, 3 * COUNT, 0)
    assert all(row["evolved_response"] for row in made(distiset))


def test_answers_are_those_of_asking_one_by_one(endpoint: Endpoint, tmp_path: Path) -> None:
    in_jobs = evolving(endpoint.url, tmp_path / "a").run()
    alone = evolving(endpoint.url, tmp_path / "b", use_offline_batch_generation=False).run()
    assert made(in_jobs) == made(alone)


@pytest.mark.parametrize("first", [True, False])
def test_an_answer_serves_both_ways_of_asking(
    endpoint: Endpoint, tmp_path: Path, first: bool
) -> None:
    writing(endpoint.url, tmp_path, use_offline_batch_generation=first).run()
    again = writing(endpoint.url, tmp_path, COUNT + 5, use_offline_batch_generation=not first).run()
    assert again.report.reused == COUNT
    assert endpoint.counts == (1, COUNT + 5, 0)


def test_two_steps_with_one_model_share_jobs_and_equal_questions(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    with Pipeline("shared", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(COUNT))
        one = TextGeneration(name="one", llm=model(endpoint.url))
        two = TextGeneration(name="two", llm=model(endpoint.url))
        group = GroupColumns(columns=["generation"], output_columns=["generations"])
        load >> [one, two] >> group
    distiset = pipeline.run()
    assert endpoint.counts == (1, COUNT, 0)
    assert all(len(set(row["generations"])) == 1 for row in made(distiset))
    steps = distiset.report.steps.values()
    assert sum(step.answered for step in steps) == COUNT
    assert [step.in_flight for step in steps] == [0, 0, 0, 0]


def test_equal_rows_get_answers_of_their_own(endpoint: Endpoint, tmp_path: Path) -> None:
    with Pipeline("equal", cache_dir=tmp_path) as pipeline:
        task = TextGeneration(name="write", llm=model(endpoint.url), num_generations=2)
        LoadDataFromDicts(data=[{"instruction": "the same"}] * 3) >> task
    assert len(made(pipeline.run())) == 6
    # The simulated model gives equal questions equal answers: each was asked.
    assert endpoint.counts == (1, 3, 1)


def test_a_job_takes_no_more_than_the_provider_does(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel.models.batch_jobs.apis.openai.OpenAIBatchAPI.most_questions", 8)
    assert len(made(writing(endpoint.url, tmp_path, 100).run())) == 100
    assert endpoint.counts == (13, 100, 0)


def test_a_job_is_no_larger_than_the_provider_takes(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel.models.batch_jobs.apis.openai.OpenAIBatchAPI.most_bytes", 2000)
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    jobs_, answered, repeats = endpoint.counts
    assert 1 < jobs_ < COUNT
    assert (answered, repeats) == (COUNT, 0)


def test_no_more_rows_wait_in_memory_than_may(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel.models.batch_jobs.apis.openai.OpenAIBatchAPI.most_questions", 8)
    monkeypatch.setattr(coordinator, "MOST_HELD", 16)
    monkeypatch.setattr("distilabel._engine.run.runner.source_window", lambda steps: 8)
    endpoint.batches(seconds=0.1)
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
    # Those that are held, and those that were on their way to be.
    assert 1 < most <= 4
    assert endpoint.counts == (10, 80, 0)


def test_answers_in_jobs_cost_half(endpoint: Endpoint, tmp_path: Path) -> None:
    in_jobs = writing(endpoint.url, tmp_path / "a", price=(1.0, 2.0)).run().report
    alone = (
        writing(endpoint.url, tmp_path / "b", price=(1.0, 2.0), use_offline_batch_generation=False)
        .run()
        .report
    )
    assert alone.cost
    assert in_jobs.cost == pytest.approx(alone.cost / 2)


@pytest.mark.parametrize("block", [0, None])
def test_a_budget_holds_for_jobs(endpoint: Endpoint, tmp_path: Path, block: int | None) -> None:
    """What waits for money does not hold up the job that gives some back."""
    whole = writing(endpoint.url, tmp_path / "a", price=(1000.0, 2000.0)).run().report.cost
    assert whole is not None
    fields: dict[str, Any] = {"price": (1000.0, 2000.0), "block": block}
    spent = []
    # How many runs it takes depends on whether a job is done when it is looked at.
    for _ in range(15):
        distiset = writing(endpoint.url, tmp_path / "b", **fields).run(budget=whole / 2)
        spent.append(distiset.report.cost or 0.0)
        if distiset.report.rows == COUNT:
            break
    assert 0 < max(spent) <= whole / 2
    assert len(made(distiset)) == COUNT
    # What a run collects for rows it can not afford is kept, and reused by the next one.
    assert sum(spent) <= whole * 1.0001
    assert endpoint.counts[1:] == (2 * COUNT, COUNT)


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


def test_a_pilot_asks_at_once(endpoint: Endpoint, tmp_path: Path) -> None:
    price = (1000.0, 2000.0)
    forecast = writing(endpoint.url, tmp_path, price=price).estimate(sample=10)
    assert endpoint.counts[:2] == (0, 10)
    report = writing(endpoint.url, tmp_path, price=price).run().report
    assert endpoint.counts[:2] == (1, COUNT)
    assert report.cost is not None
    # Half of the rows were left, at half the price.
    assert forecast.total.cost.low <= 2 * report.cost <= forecast.total.cost.high
    assert any("write will use batch jobs" in note for note in forecast.notes)


def test_what_a_model_refuses_is_learned_in_a_job_too(tmp_path: Path) -> None:
    server = Endpoint(refuses=("max_tokens", "temperature"))
    try:
        pipeline = writing(server.url, tmp_path, generation_kwargs={"temperature": 0.5})
        distiset = pipeline.run()
        assert distiset.failures == []
        # One for each refusal, in which nothing was answered, and one that is taken.
        assert server.counts == (3, COUNT, 0)
    finally:
        server.close()


class OwnProcess(TextGeneration):
    """Asks about all rows it gets at once, as tasks of 1.x did."""

    def process(self, inputs: StepInput) -> Any:
        outputs = self.llm.generate_outputs([self.format_input(row) for row in inputs])
        for row, output in zip(inputs, outputs, strict=True):
            row.update(self.format_output(output["generations"][0], row), model_name="m")
        yield inputs


def test_a_process_of_the_users_own_asks_in_jobs(endpoint: Endpoint, tmp_path: Path) -> None:
    with Pipeline("own", cache_dir=tmp_path) as pipeline:
        LoadDataFromDicts(data=rows(120)) >> OwnProcess(name="own", llm=model(endpoint.url))
    assert all(row["generation"] for row in made(pipeline.run()))
    assert endpoint.counts == (1, 120, 0)


def test_every_task_may_be_asked_in_jobs() -> None:
    class Unaware(Task):
        def format_input(self, input: Any) -> Any: ...
        def format_output(self, output: Any, input: Any = None) -> Any: ...

    task = Unaware(name="t", llm=model("http://x/v1"))
    assert not task._can_be_used_with_offline_batch_generation
    assert task.is_global


def test_a_model_without_jobs_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with Pipeline("none", cache_dir=tmp_path) as pipeline:
        task = TextGeneration(name="write", llm=Echo(use_offline_batch_generation=True))
        LoadDataFromDicts(data=rows(2)) >> task
    with pytest.raises(ValueError, match="write: Echo has no offline batches"):
        pipeline.run()


def test_a_dry_run_asks_at_once_as_it_keeps_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    assert len(made(writing(endpoint.url, tmp_path, block=None).dry_run())) == 1
    assert endpoint.counts == (0, 1, 0)


# -- runs that do not wait ----------------------------------------------------------------------


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


def test_a_process_of_the_users_own_is_left_and_collected(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    def run() -> Any:
        with Pipeline("own", cache_dir=tmp_path) as pipeline:
            task = OwnProcess(name="own", llm=model(endpoint.url, block=None))
            LoadDataFromDicts(data=rows(COUNT)) >> task
        return pipeline.run()

    assert [len(made(run())) for _ in range(2)] == [0, COUNT]
    assert endpoint.counts == (1, COUNT, 0)


# -- jobs that go wrong -------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_of_a_job_that_ends_early_only_what_is_missing_is_asked_again(
    endpoint: Endpoint, tmp_path: Path, end: str
) -> None:
    endpoint.batches(end=end, done=0.7)
    endpoint.after[COLLECT] = lambda: endpoint_completes(endpoint)
    distiset = writing(endpoint.url, tmp_path).run()
    assert len(made(distiset)) == COUNT
    assert distiset.failures == []
    assert endpoint.counts == (2, COUNT, 0)


def endpoint_completes(endpoint: Endpoint) -> None:
    # On the server's own loop: what follows is created later.
    threading.Thread(target=endpoint.batches).start()


def test_questions_that_fail_are_asked_again_in_another_job(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.batches(failing=0.25)
    distiset = writing(endpoint.url, tmp_path).run()
    assert distiset.failures == []
    # 20, then the 5 that failed, then the 1 of those.
    assert endpoint.counts == (3, COUNT, 0)


def test_what_fails_in_every_job_fails_with_the_providers_words(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.batches(failing=1)
    distiset = writing(endpoint.url, tmp_path).run()
    assert endpoint.counts == (job_builder.MOST_TRIES, 0, 0)
    assert len(distiset.failures) == len(made(distiset)) == COUNT
    assert "a simulated fault: status 500" in distiset.failures[0]["message"]
    assert distiset.failures[0]["attempts"] == job_builder.MOST_TRIES
    assert distiset.report.balanced
    endpoint.batches()
    again = writing(endpoint.url, tmp_path).run()
    assert again.failures == []


def test_a_job_that_is_not_taken_fails_its_rows_with_the_reason(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.batches(end="failed")
    distiset = writing(endpoint.url, tmp_path).run()
    assert {failure["message"] for failure in distiset.failures} == {"the batch failed"}
    assert endpoint.counts == (job_builder.MOST_TRIES, 0, 0)


@pytest.mark.parametrize("block", [0, None])
def test_a_job_that_is_too_much_beside_others_goes_in_parts(
    endpoint: Endpoint, tmp_path: Path, block: int | None
) -> None:
    endpoint.batches(enqueued=6)
    distiset = writing(endpoint.url, tmp_path, block=block).run()
    for _ in range(12):
        if not distiset.report.jobs:
            break
        distiset = writing(endpoint.url, tmp_path, block=block).run()
    assert (len(made(distiset)), distiset.failures) == (COUNT, [])
    assert endpoint.counts[1:] == (COUNT, 0)


def test_tries_are_counted_over_runs(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.batches(failing=1)
    runs = [writing(endpoint.url, tmp_path, block=None).run() for _ in range(4)]
    assert [len(run.failures) for run in runs] == [0, 0, 0, COUNT]
    assert endpoint.counts == (job_builder.MOST_TRIES, 0, 0)


def test_a_question_that_is_refused_is_not_asked_again(endpoint: Endpoint, tmp_path: Path) -> None:
    pipeline = writing(endpoint.url, tmp_path, generation_kwargs={"extra_body": {"stream": True}})
    failures = pipeline.run().failures
    assert len(failures) == COUNT
    assert "400" in failures[0]["message"]
    assert endpoint.counts == (1, 0, 0)


def test_a_job_that_cannot_be_submitted_ends_the_run_and_costs_nothing(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.before[CREATE] = lambda: web.json_response({"error": {"message": "no"}}, status=400)
    with pytest.raises(EndpointError, match="no"):
        writing(endpoint.url, tmp_path).run()
    assert endpoint.counts == (0, 0, 0)


def test_a_lost_reply_submits_no_second_job(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.after[CREATE] = lambda: web.Response(status=502)
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    assert endpoint.seen[CREATE] == 1
    assert endpoint.counts == (1, COUNT, 0)


def test_an_endpoint_that_hiccups_is_asked_again(endpoint: Endpoint, tmp_path: Path) -> None:
    for name in (UPLOAD, CREATE, COLLECT):
        endpoint.before[name] = lambda: web.Response(status=503)
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    assert endpoint.counts == (1, COUNT, 0)


def test_a_job_that_is_not_known_stops_the_run_instead_of_paying_twice(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    writing(endpoint.url, tmp_path, block=None).run()
    endpoint.before[LOOK] = lambda: web.json_response({"error": "no such batch"}, status=404)
    with pytest.raises(EndpointError, match=r"does not know the batch job batch_.*use_cache=False"):
        writing(endpoint.url, tmp_path).run()
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    assert endpoint.counts == (1, COUNT, 0)


def test_a_job_of_another_endpoint_is_not_looked_for_at_this_one(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    other = Endpoint()
    try:
        writing(other.url, tmp_path, block=None, identity="the same").run()
        distiset = writing(endpoint.url, tmp_path, identity="the same").run()
    finally:
        other.close()
    assert len(made(distiset)) == COUNT
    assert endpoint.counts == (1, COUNT, 0)


# -- runs that are killed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "what", "is_submitted"),
    [
        ("before", UPLOAD, False),
        ("after", UPLOAD, False),
        # The request has arrived, and is served although nobody waits for the reply.
        ("before", CREATE, True),
        ("after", CREATE, True),
        ("before", LOOK, True),
        ("after", COLLECT, True),
    ],
)
def test_a_killed_run_loses_no_job_and_asks_nothing_twice(
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    what: str,
    is_submitted: bool,
) -> None:
    if not is_submitted:
        monkeypatch.setattr(finding, "YOUNG_SECONDS", 0.0)
    killer = Killer()
    getattr(endpoint, when)[what] = killer.strike
    process = killer.run(endpoint, tmp_path)
    assert process.returncode == -signal.SIGKILL
    distiset = evolving(endpoint.url, tmp_path, turns=2).run()
    assert len(made(distiset)) == COUNT
    assert distiset.failures == []
    assert endpoint.counts == (2, 2 * COUNT, 0)


def test_a_killed_run_does_not_ask_twice_whenever_it_is_killed(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Again and again, some moments after a reply has gone out, until a run gets to its end."""
    replies = [COLLECT, CREATE, LOOK, COLLECT]
    for i, what in enumerate(replies):
        killer = Killer(delay=0.004 * i)
        endpoint.after[what] = killer.strike
        killer.run(endpoint, tmp_path, 400)
        endpoint.after.clear()
    distiset = evolving(endpoint.url, tmp_path, 400, turns=2).run()
    assert len(made(distiset)) == 400
    assert endpoint.counts == (2, 800, 0)


def test_ctrl_c_leaves_the_job_to_the_next_run(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.batches(seconds=3600)
    looked = threading.Event()
    endpoint.after[LOOK] = looked.set
    process = started(endpoint, tmp_path)
    assert looked.wait(30)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert f"{COUNT} requests are waiting in the batch job" in errors
    assert "Traceback" not in errors
    (job,) = (each["id"] for each in endpoint.get("/v1/batches")["data"])
    assert endpoint.get(f"/v1/batches/{job}")["status"] == "validating"
    assert evolving(endpoint.url, tmp_path, turns=2, block=None).run().report.jobs
    assert endpoint.counts == (1, 0, 0)


# -- what is written down -----------------------------------------------------------------------


def test_a_job_says_what_it_belongs_to_and_no_key_is_written(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    writing(endpoint.url, tmp_path, block=None).run()
    (job,) = endpoint.get("/v1/batches")["data"]
    assert job["metadata"]["description"] == "distilabel"
    assert job["metadata"]["distilabel_pipeline_name"] == "writing"
    name = endpoint.get(f"/v1/files/{job['input_file_id']}")["filename"]
    assert name.startswith("distilabel-pipeline-writing-fileno-")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if jobs.KEY.encode() in path.read_bytes()] == []
    dumped = next(tmp_path.rglob("pipeline.yaml")).read_text()
    assert "use_offline_batch_generation: true" in dumped
    assert json.dumps(job) not in dumped
