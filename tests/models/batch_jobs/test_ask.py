"""Protects that a request in a batch job is asked, paid for and reused like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, StepInput
from distilabel.steps.tasks import TextGeneration
from distilabel.steps.tasks.base import Task
from jobs import Endpoint, evolving, made, model, rows, writing
from rooms import Echo

COUNT = 20


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
