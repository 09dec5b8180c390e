"""Protects image models that users write: the forms they return."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from distilabel.errors import EndpointError
from distilabel.models.image_generation import AsyncImageGenerationModel, ImageGenerationModel
from distilabel.steps.tasks import TextGeneration


class Painter(ImageGenerationModel):
    calls: int = 0

    @property
    def model_name(self) -> str:
        return "painter"

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        self.calls += 1
        return [[{"images": [f"{text}{i}" for i in range(num_generations)]}] for text in inputs]


class OnePerCall(AsyncImageGenerationModel):
    _num_generations_param_supported = False

    @property
    def model_name(self) -> str:
        return "one"

    async def agenerate(self, input: str, **kwargs: Any) -> Any:  # type: ignore[override]
        return [{"images": [f"{input}{kwargs.get('style', '')}"]}]


class Overridden(OnePerCall):
    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        return super().generate([text.upper() for text in inputs], num_generations, **kwargs)


def test_a_synchronous_model_makes_all_images_of_a_text() -> None:
    assert Painter().generate_outputs(["a", "b"], 2) == [
        [{"images": ["a0", "a1"]}],
        [{"images": ["b0", "b1"]}],
    ]


def test_an_asynchronous_model_is_asked_once_per_image_if_it_makes_one() -> None:
    model = OnePerCall(generation_kwargs={"style": "!"})
    assert model.generate_outputs(["a"], 3) == [[{"images": ["a!"] * 3}]]


def test_images_are_made_while_an_event_loop_runs() -> None:
    async def within() -> Any:
        return OnePerCall().generate(["a"])

    assert asyncio.run(within()) == [[{"images": ["a"]}]]


def test_an_override_of_generate_is_called_and_may_call_super() -> None:
    found = Overridden().generate_outputs(["a"], 2)
    assert found == [[{"images": ["A"]}, {"images": ["A"]}]]


@pytest.mark.parametrize("model", [Painter(), OnePerCall()])
def test_a_conversation_is_refused_with_the_task_to_use(model: Any) -> None:
    task = TextGeneration(llm=model, name="t")
    task.load()
    with pytest.raises(EndpointError, match="ImageGeneration"):
        next(task.process([{"instruction": "x"}]))
