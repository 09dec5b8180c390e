"""Protects how requests reach the workers of a model. The pool is a stand-in, and starts none."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._engine.workers.model_workers import asks_through_engine, micro_batcher_for
from distilabel._engine.workers.pool import WorkersLost
from distilabel.errors import EndpointError
from distilabel.models.llms.base import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import StepInput
from distilabel.steps.base import Step
from rooms import Ask, Echo
from worked import InProcess


class Workers:
    """Answers each request with the number of generations, or raises its error."""

    count = 2

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.batches: list[Any] = []

    def run(self, batch: Any) -> Any:
        self.batches.append(batch)
        if self.error is not None:
            raise self.error
        inputs, number, _ = batch
        return [{"generations": [str(number)] * number, "statistics": {}} for _ in inputs]


class Holder(Step):
    """Calls a model itself."""

    judge: LLM

    def process(self, inputs: StepInput) -> Any:
        yield inputs


async def test_requests_are_sent_to_the_workers_with_their_arguments() -> None:
    workers: Any = Workers()
    batcher = micro_batcher_for(workers, InProcess(), 10)
    output = await batcher.ask("question", 3, {"temperature": 0.5})
    assert output["generations"] == ["3", "3", "3"]
    assert workers.batches == [(["question"], 3, {"temperature": 0.5})]


async def test_a_model_without_workers_is_an_endpoint_that_cannot_be_used() -> None:
    workers: Any = Workers(WorkersLost("all workers ended"))
    with pytest.raises(EndpointError, match="all workers ended"):
        await micro_batcher_for(workers, InProcess(), 10).ask("question", 1, {})


def test_only_a_model_in_llm_or_one_that_is_asynchronous_is_asked_by_the_engine() -> None:
    with Pipeline():
        assert asks_through_engine(Ask(llm=InProcess()))
        assert asks_through_engine(Holder(judge=Echo()))
        assert not asks_through_engine(Holder(judge=InProcess()))
