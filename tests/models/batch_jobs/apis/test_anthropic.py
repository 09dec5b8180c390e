"""Protects batch jobs of Anthropic, over HTTP: no job is lost although none has a label."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from distilabel.errors import EndpointError
from distilabel.models.batch_jobs import job_builder, job_poller
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from jobs import Endpoint, Killer, claude, evolving, made, rows, writing

COUNT = 20
CREATE, LOOK = "POST /v1/messages/batches", "GET /v1/messages/batches"
COLLECT = "GET /v1/messages/batches/results"


def test_answers_are_those_of_asking_one_by_one(endpoint: Endpoint, tmp_path: Path) -> None:
    in_jobs = evolving(endpoint.url, tmp_path / "a", of=claude).run()
    assert endpoint.counts == (3, 3 * COUNT, 0)
    alone = evolving(
        endpoint.url, tmp_path / "b", of=claude, use_offline_batch_generation=False
    ).run()
    assert made(in_jobs) == made(alone)


def test_an_answer_serves_both_ways_of_asking(endpoint: Endpoint, tmp_path: Path) -> None:
    writing(endpoint.url, tmp_path, of=claude).run()
    again = writing(endpoint.url, tmp_path, of=claude, use_offline_batch_generation=False).run()
    assert (again.report.reused, again.report.asked) == (COUNT, 0)


def test_an_answer_with_a_structure_is_read_where_its_question_is_not_at_hand(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}

    def run(count: int, block: int | None, offline: bool = True) -> Any:
        llm = claude(
            endpoint.url,
            structured_output={"schema": schema},
            block=block,
            use_offline_batch_generation=offline,
        )
        with Pipeline("p", cache_dir=tmp_path) as pipeline:
            LoadDataFromDicts(data=rows(count)) >> TextGeneration(name="write", llm=llm)
        return pipeline.run()

    run(COUNT, None)
    # Fewer rows find the job: what else was in it is kept all the same.
    run(5, 0)
    assert all('"n"' in row["generation"] for row in made(run(COUNT, None, offline=False)))
    assert endpoint.counts == (1, COUNT, 0)


@pytest.mark.parametrize("end", ["expired", "cancelled", "failed"])
def test_of_a_job_that_ends_early_only_what_is_missing_is_asked_again(
    endpoint: Endpoint, tmp_path: Path, end: str
) -> None:
    endpoint.batches(end=end, done=0.7)
    first = writing(endpoint.url, tmp_path, of=claude, block=None).run()
    assert first.report.jobs[0]["questions"] == COUNT
    endpoint.batches()
    distiset = writing(endpoint.url, tmp_path, of=claude).run()
    assert (len(made(distiset)), distiset.failures) == (COUNT, [])
    assert endpoint.counts == (2, COUNT, 0)


def test_what_fails_in_every_job_fails_with_the_providers_words(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.batches(failing=1)
    distiset = writing(endpoint.url, tmp_path, of=claude).run()
    assert endpoint.counts == (job_builder.MAX_TRIES, 0, 0)
    assert "a simulated fault: status 500" in distiset.failures[0]["message"]


def test_a_question_that_is_refused_is_not_asked_again(endpoint: Endpoint, tmp_path: Path) -> None:
    kwargs = {"max_tokens": 2_000_000}
    failures = writing(endpoint.url, tmp_path, of=claude, generation_kwargs=kwargs).run().failures
    assert "max_tokens" in failures[0]["message"]
    assert len(failures) == COUNT
    assert endpoint.counts == (1, 0, 0)


def test_a_lost_reply_submits_no_second_job(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.after[CREATE] = lambda: web.Response(status=502)
    assert len(made(writing(endpoint.url, tmp_path, of=claude).run())) == COUNT
    assert endpoint.seen[CREATE] == 1
    assert endpoint.counts == (1, COUNT, 0)


@pytest.mark.parametrize(
    ("when", "what", "seconds"),
    [
        ("before", CREATE, 0.0),
        ("after", CREATE, 0.0),
        ("after", CREATE, 4.0),
        ("before", LOOK, 0.0),
        ("after", COLLECT, 0.0),
    ],
)
def test_a_killed_run_loses_no_job_and_asks_nothing_twice(
    endpoint: Endpoint, tmp_path: Path, when: str, what: str, seconds: float
) -> None:
    # Another job with as many questions is not taken for the one that is looked for.
    writing(endpoint.url, tmp_path / "other", of=claude).run()
    endpoint.batches(seconds=seconds)
    killer = Killer()
    getattr(endpoint, when)[what] = killer.strike
    assert killer.run(endpoint, tmp_path, of="claude").returncode == -signal.SIGKILL
    endpoint.batches()
    distiset = evolving(endpoint.url, tmp_path, of=claude, turns=2).run()
    assert len(made(distiset)) == COUNT
    assert endpoint.counts == (3, 3 * COUNT, 0)


def test_another_job_that_is_not_finished_is_not_taken_for_the_lost_one(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ended before it submitted, while another run's job of that size is running."""
    monkeypatch.setattr(job_poller, "ARRIVAL_SECONDS", 0.0)
    endpoint.before[CREATE] = lambda: web.Response(status=400)
    with pytest.raises(EndpointError, match="400"):
        writing(endpoint.url, tmp_path, of=claude).run()
    endpoint.batches(seconds=0.5)
    writing(endpoint.url, tmp_path / "other", of=claude, block=None, model="other").run()
    endpoint.batches()
    assert len(made(writing(endpoint.url, tmp_path, of=claude).run())) == COUNT
    assert endpoint.counts[0] == 2
