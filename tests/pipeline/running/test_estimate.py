"""Protects `estimate`: over HTTP the run takes what was forecast, and asks nothing of it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.settings import Settings
from distilabel.errors import DistilabelUserError
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import GeneratorStep, GlobalStep, LoadDataFromDicts, StepInput, step
from distilabel.steps.tasks import TextGeneration
from distilabel.typing import GeneratorStepOutput, StepOutput
from endpoint import Endpoint

PRICE = (3.0, 11.0)
ROWS = 200


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint(Settings(price=PRICE, latency=Latency.parse("uniform:0:0.01")))
    yield server
    server.close()


def llm(endpoint: Endpoint, model: str) -> OpenAILLM:
    return OpenAILLM(model=model, base_url=endpoint.url, api_key="none")


def rows(count: int = ROWS) -> list[dict[str, str]]:
    # The long ones stand at the end, as where one dataset follows another.
    return [
        {"instruction": f"Explain thing {i}{' at length' * (20 if i > count / 2 else 0)}."}
        for i in range(count)
    ]


@step(inputs=["generation"], outputs=["instruction"])
def KeepSome(inputs: StepInput) -> StepOutput:
    """Drops about a third, and asks about what is left."""
    kept = [row for row in inputs if len(row["generation"]) % 3]
    yield [{**row, "instruction": f"Judge this: {row['generation']}"} for row in kept]


class AllAtOnce(GlobalStep):
    """Gives every other row."""

    @property
    def inputs(self) -> list[str]:
        return ["instruction"]

    @property
    def outputs(self) -> list[str]:
        return ["instruction"]

    def process(self, inputs: StepInput) -> StepOutput:
        yield inputs[::2]


def filtering(endpoint: Endpoint, cache: Path, count: int = ROWS) -> Pipeline:
    """Three answers for each row, a filter, and a question about each that is left."""
    with Pipeline("filtering", cache_dir=cache) as pipeline:
        load = LoadDataFromDicts(data=rows(count))
        write = TextGeneration(name="write", llm=llm(endpoint, "small"), num_generations=3)
        judge = TextGeneration(name="judge", llm=llm(endpoint, "large"))
        load >> write >> KeepSome() >> judge
    return pipeline


def test_the_run_takes_what_was_forecast(endpoint: Endpoint, tmp_path: Path) -> None:
    estimate = filtering(endpoint, tmp_path).estimate(sample=40)
    assert (estimate.rows, estimate.sample) == (ROWS, 40)
    before = endpoint.stats()
    assert estimate.spent == pytest.approx(endpoint.billed(), rel=1e-9)
    report = filtering(endpoint, tmp_path).run().report
    stats = endpoint.stats()
    assert report.reused == before["answered"]
    assert stats["answered"] == before["answered"] + report.asked
    total, billed = estimate.total, stats["billed"]
    assert stats["answered"] in total.calls
    assert sum(bill["input_tokens"] for bill in billed.values()) in total.input_tokens
    assert sum(bill["output_tokens"] for bill in billed.values()) in total.output_tokens
    assert endpoint.billed() in total.cost
    for name, model in (("write", "small"), ("judge", "large")):
        assert billed[model]["replies"] in estimate.steps[name].calls
        assert billed[model]["cost"] in estimate.steps[name].cost
    assert estimate.steps["write"].calls.low == ROWS
    assert 0 < total.cost.high - total.cost.low < total.cost.expected
    assert estimate.rows_out == pytest.approx(report.rows, rel=0.25)
    assert 0 < estimate.seconds.low <= estimate.seconds.expected <= estimate.seconds.high


def test_a_second_estimate_asks_nothing_and_says_the_same(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    first = filtering(endpoint, tmp_path).estimate(sample=10)
    asked = endpoint.asked()
    again = filtering(endpoint, tmp_path).estimate(sample=10)
    assert endpoint.asked() == asked
    assert again.total.calls.expected == first.total.calls.expected
    assert again.total.cost.expected == pytest.approx(first.total.cost.expected)


def test_the_outputs_of_the_last_run_stay(endpoint: Endpoint, tmp_path: Path) -> None:
    pipeline = filtering(endpoint, tmp_path, 30)
    distiset = pipeline.run()
    pipeline.estimate(sample=5)
    assert pipeline._run_directory.data.is_dir()
    assert len(distiset["default"]["train"]) == distiset.report.rows


def test_a_sample_of_all_rows_is_exact(endpoint: Endpoint, tmp_path: Path) -> None:
    estimate = filtering(endpoint, tmp_path, 12).estimate(sample=50)
    assert estimate.sample == estimate.rows == 12
    assert estimate.total.cost.low == estimate.total.cost.high
    assert estimate.total.cost.expected == pytest.approx(endpoint.billed(), rel=1e-9)
    assert estimate.seconds.high == 0


def test_a_step_that_saw_only_the_sample_is_named(endpoint: Endpoint, tmp_path: Path) -> None:
    with Pipeline("global", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(60))
        load >> AllAtOnce(name="choose") >> TextGeneration(name="ask", llm=llm(endpoint, "m"))
    estimate = pipeline.estimate(sample=10)
    assert estimate.notes[0].startswith("choose processes all rows at once")
    assert estimate.total.calls.expected == pytest.approx(30)


def test_a_step_that_no_row_reached_is_named(endpoint: Endpoint, tmp_path: Path) -> None:
    @step(inputs=["instruction"], outputs=["instruction"])
    def DropAll(inputs: StepInput) -> StepOutput:
        yield []

    with Pipeline("dropping", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=rows(60))
        load >> DropAll() >> TextGeneration(name="ask", llm=llm(endpoint, "m"))
    estimate = pipeline.estimate(sample=10)
    assert "No row of the sample reached ask" in "".join(estimate.notes)


class Endless(GeneratorStep):
    """Does not know how many rows it has."""

    @property
    def outputs(self) -> list[str]:
        return ["instruction"]

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        for start in range(10**6):
            yield [{"instruction": f"Question {start}, {i}."} for i in range(3)], False


def test_how_many_rows_there_are_is_asked_for_where_nobody_knows(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    def endless() -> Pipeline:
        with Pipeline("endless", cache_dir=tmp_path) as pipeline:
            Endless(name="source") >> TextGeneration(llm=llm(endpoint, "m"))
        return pipeline

    with pytest.raises(DistilabelUserError, match="number of rows of source is unknown"):
        endless().estimate(sample=5)
    assert endpoint.stats()["requests"] == 0
    assert endless().estimate(sample=5, rows=50).total.calls.expected == 50
    assert endpoint.asked() == 5


def test_a_source_with_fewer_rows_than_said_is_noticed(endpoint: Endpoint, tmp_path: Path) -> None:
    estimate = filtering(endpoint, tmp_path, 60).estimate(sample=20, rows=120)
    assert 50 <= estimate.rows <= 70
    assert "fewer rows than 120" in estimate.notes[-1]
    with pytest.raises(DistilabelUserError, match="far fewer"):
        filtering(endpoint, tmp_path, 2).estimate(sample=20, rows=10_000)


@pytest.mark.parametrize("fields", [{"sample": 1}, {"rows": 0}])
def test_an_estimate_needs_something_to_go_by(
    endpoint: Endpoint, tmp_path: Path, fields: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="requires a `sample` of at least 2"):
        filtering(endpoint, tmp_path, 20).estimate(**fields)
