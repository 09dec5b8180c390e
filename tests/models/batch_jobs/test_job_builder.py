"""Protects what goes into a batch job, and how its results are handled, over HTTP."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from distilabel._engine.operators import task
from distilabel.models.batch_jobs import job_builder
from distilabel.pipeline import Pipeline
from distilabel.steps import GroupColumns, LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from jobs import Endpoint, evolving, made, model, rows, writing

COUNT = 20
COLLECT = "GET /v1/files/content"


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
    monkeypatch.setattr("distilabel.models.batch_jobs.apis.openai.OpenAIBatchAPI.max_requests", 8)
    assert len(made(writing(endpoint.url, tmp_path, 100).run())) == 100
    assert endpoint.counts == (13, 100, 0)


def test_a_job_is_no_larger_than_the_provider_takes(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distilabel.models.batch_jobs.apis.openai.OpenAIBatchAPI.max_bytes", 2000)
    assert len(made(writing(endpoint.url, tmp_path).run())) == COUNT
    jobs_, answered, repeats = endpoint.counts
    assert 1 < jobs_ < COUNT
    assert (answered, repeats) == (COUNT, 0)


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
    assert endpoint.counts == (job_builder.MAX_TRIES, 0, 0)
    assert len(distiset.failures) == len(made(distiset)) == COUNT
    assert "a simulated fault: status 500" in distiset.failures[0]["message"]
    assert distiset.failures[0]["attempts"] == job_builder.MAX_TRIES
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
    assert endpoint.counts == (job_builder.MAX_TRIES, 0, 0)


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
    assert endpoint.counts == (job_builder.MAX_TRIES, 0, 0)


def test_a_question_that_is_refused_is_not_asked_again(endpoint: Endpoint, tmp_path: Path) -> None:
    pipeline = writing(endpoint.url, tmp_path, generation_kwargs={"extra_body": {"stream": True}})
    failures = pipeline.run().failures
    assert len(failures) == COUNT
    assert "400" in failures[0]["message"]
    assert endpoint.counts == (1, 0, 0)


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
