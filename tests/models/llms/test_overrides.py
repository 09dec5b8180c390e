"""Protects that a user's overrides of a model's methods are called as 1.5.3 called them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.models import LLM, AsyncLLM, OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import TextGeneration
from serving import said, served


def _output(text: str, count: int = 1) -> Any:
    return {"generations": [text] * count, "statistics": {"input_tokens": [1] * count}}


class _Own(AsyncLLM):
    @property
    def model_name(self) -> str:
        return "own"

    async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return _output("agenerate", num_generations)


class Generate(_Own):
    """Changes what `generate` returns."""

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        outputs = super().generate(inputs, num_generations, **kwargs)
        return [_output(f"{o['generations'][0]}, generate", num_generations) for o in outputs]


class GenerateOutputs(Generate):
    """Changes what `generate_outputs` returns, too."""

    def generate_outputs(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        outputs = super().generate_outputs(inputs, num_generations, **kwargs)
        return [_output(f"{o['generations'][0]}, outputs", num_generations) for o in outputs]


class OneAnswer(Generate):
    """Gives one answer a call."""

    _num_generations_param_supported = False

    async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return _output("one")


class SyncAgenerate(_Own):
    """Has an `agenerate` that is not a coroutine function."""

    def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return _output("sync", num_generations)


class Coroutine(_Own):
    """Has an `agenerate` that returns a coroutine, as a decorator may make it."""

    def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return super().agenerate(input, num_generations, **kwargs)


class AsyncGenerate(LLM):
    """Has a `generate` that is a coroutine function."""

    @property
    def model_name(self) -> str:
        return "async generate"

    async def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
        return [_output("async", num_generations) for _ in inputs]


class SyncOutputs(LLM):
    """Overrides both methods of a synchronous model."""

    @property
    def model_name(self) -> str:
        return "sync"

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return [_output("sync", num_generations) for _ in inputs]

    def generate_outputs(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        outputs = super().generate_outputs(inputs, num_generations, **kwargs)
        return [_output(f"{o['generations'][0]}, outputs", num_generations) for o in outputs]


_ANSWERS = [
    (Generate, "agenerate, generate"),
    (GenerateOutputs, "agenerate, generate, outputs"),
    (OneAnswer, "one, generate"),
    (SyncAgenerate, "sync"),
    (Coroutine, "agenerate"),
    (AsyncGenerate, "async"),
    (SyncOutputs, "sync, outputs"),
]


@pytest.mark.parametrize(("cls", "text"), _ANSWERS)
@pytest.mark.parametrize("count", [1, 2])
def test_overrides_are_called_once_in_a_run(
    cls: type[LLM], text: str, count: int, tmp_path: Path
) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        TextGeneration(name="t", llm=cls(), num_generations=count)
    distiset = pipeline.run(dataset=[{"instruction": "a"}, {"instruction": "b"}])
    assert distiset["default"]["train"]["generation"] == [text] * 2 * count
    assert distiset.report is not None
    assert distiset.report.asked == (2 * count if cls is OneAnswer else 2)


@pytest.mark.parametrize(("cls", "text"), [a for a in _ANSWERS if a[0] is not AsyncGenerate])
def test_overrides_are_called_once_outside_a_run(cls: type[LLM], text: str) -> None:
    task = TextGeneration(name="t", llm=cls())
    task.load()
    assert [row["generation"] for row in next(task.process([{"instruction": "a"}]))] == [text]


def test_an_override_of_a_model_of_one_answer_a_call_gets_the_answers_of_each_question() -> None:
    class Repeats(OneAnswer):
        async def agenerate(self, input: Any, **kwargs: Any) -> Any:  # type: ignore[override]
            return _output(input[-1]["content"])

        def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
            return AsyncLLM.generate(self, inputs, num_generations, **kwargs)

    questions: list[Any] = [[{"role": "user", "content": text}] for text in "abc"]
    outputs = Repeats().generate(questions, num_generations=2)
    assert [output["generations"] for output in outputs] == [["a"] * 2, ["b"] * 2, ["c"] * 2]


class Asked(OpenAILLM):
    """Overrides `generate` of a model that sends requests."""

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        changed: Any = [[{"role": "user", "content": "changed"}] for _ in inputs]
        return super().generate(changed, num_generations, **kwargs)


def test_a_subclass_of_a_built_in_model_sends_what_its_override_makes(tmp_path: Path) -> None:
    with served(said("fine")) as server:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            llm = Asked(model="m", base_url=f"{server.url}/v1", api_key="k")
            TextGeneration(name="t", llm=llm)
        for _ in range(2):
            distiset = pipeline.run(dataset=[{"instruction": "a"}], use_cache=True)
            assert distiset["default"]["train"]["generation"] == ["fine"]
        bodies = [body for body in server.bodies if body]
    assert [body["messages"][0]["content"] for body in bodies] == ["changed"]


class Dict(AsyncGenerate):
    """Returns one dict instead of a list."""

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return _output("one")


def test_a_generate_that_returns_no_list_is_told_what_to_return(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        TextGeneration(name="t", llm=Dict())
    distiset = pipeline.run(dataset=[{"instruction": "a"}])
    message = distiset.failures[0]["message"]
    assert "Dict.generate returned a value of type dict for 1 question" in message
    assert "Return a list" in message
