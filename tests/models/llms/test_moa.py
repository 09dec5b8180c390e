"""Protects that a mixture asks all its models, and that each request is one like any other."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.models import AsyncLLM, MixtureOfAgentsLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

CHAT: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}]


class Agent(AsyncLLM):
    """Answers with its name and keeps what it was asked."""

    tag: str
    asked: list[Any] = []

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.tag

    async def agenerate(  # type: ignore[override]
        self, input: Any, num_generations: int = 1, temperature: float = 1.0
    ) -> Any:
        """Answers."""
        self.asked.append((input, temperature))
        tokens = {"input_tokens": [2], "output_tokens": [1]}
        return {"generations": [self.tag] * num_generations, "statistics": tokens}


def mixture(**fields: Any) -> MixtureOfAgentsLLM:
    proposers = [Agent(tag="p1", generation_kwargs={"temperature": 0.2}), Agent(tag="p2")]
    llm = MixtureOfAgentsLLM(aggregator_llm=Agent(tag="agg"), proposers_llms=proposers, **fields)
    llm.load()
    return llm


def test_proposals_are_numbered_in_the_system_message() -> None:
    llm: Any = mixture(rounds=2)
    assert llm.generate([CHAT], num_generations=2)[0]["generations"] == ["agg", "agg"]
    first, second = llm.proposers_llms[0].asked
    assert first == (CHAT, 0.2)
    for input in (second[0], llm.aggregator_llm.asked[0][0]):
        assert input[0]["content"].endswith("1. p1\n\n2. p2\n\nBe brief.")
        assert input[1:] == CHAT[1:]


async def test_it_answers_no_single_question() -> None:
    with pytest.raises(NotImplementedError):
        await mixture().agenerate(CHAT)


def test_its_parameters_are_those_of_its_models() -> None:
    llm = mixture()
    assert llm.get_generation_kwargs() == {
        "aggregator_llm": {},
        "proposers_llms": [{"temperature": 0.2}, {}],
    }
    assert "generation_kwargs" not in llm.runtime_parameters_names
    assert llm.model_name == "moa-agg-p1-p2"


def test_every_request_of_a_run_is_counted_and_stored(tmp_path: Any) -> None:
    def run(rounds: int) -> tuple[Any, Any]:
        llm = mixture(rounds=rounds)
        with Pipeline("p", cache_dir=tmp_path) as pipeline:
            LoadDataFromDicts(data=[{"instruction": "q"}]) >> TextGeneration(name="t", llm=llm)
        return pipeline.run(), llm

    distiset, _ = run(1)
    assert distiset["default"]["train"][0]["generation"] == "agg"
    assert {"agg", "p1", "p2"} <= set(distiset.report.models)
    # Another mixture asks its proposers the same at first, and its aggregator the same at last:
    # these answers are stored.
    _, again = run(2)
    assert [len(part.asked) for part in again._parts] == [0, 1, 1]
