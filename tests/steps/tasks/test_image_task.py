"""Protects `ImageTask`: its model is given once and asked like any other."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from distilabel.models.image_generation import AsyncImageGenerationModel, OpenAIImageGeneration
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts, StepInput
from distilabel.steps.tasks import ImageGeneration, ImageTask
from serving import served


class Own(ImageTask):
    """A task of a user, with a synchronous `process` as in 1.5.3."""

    @property
    def inputs(self) -> Any:
        return ["prompt"]

    @property
    def outputs(self) -> Any:
        return ["count"]

    def format_input(self, input: dict[str, Any]) -> str:
        return str(input["prompt"])

    def format_output(self, output: Any, input: Any = None) -> dict[str, Any]:
        return {"count": len(output["images"])}

    def process(self, inputs: StepInput) -> Any:
        llm: Any = self.llm
        found = llm.generate_outputs(
            inputs=[self.format_input(row) for row in inputs], **llm.get_generation_kwargs()
        )
        yield [{**row, **self.format_output(f[0])} for row, f in zip(inputs, found, strict=True)]


class Painter(AsyncImageGenerationModel):
    @property
    def model_name(self) -> str:
        return "painter"

    async def agenerate(  # type: ignore[override]
        self, input: str, num_generations: int = 1
    ) -> Any:
        return [{"images": [f"{input}{i}" for i in range(num_generations)]}]


def test_it_is_found_beside_task() -> None:
    assert import_module("distilabel.steps.tasks.base").ImageTask is ImageTask


def test_llm_is_the_image_model_and_must_not_be_set() -> None:
    model = Painter()
    task = ImageGeneration(image_generation_model=model, name="t")
    assert task.llm is model
    assert (
        ImageGeneration.from_dict(
            ImageGeneration(
                image_generation_model=OpenAIImageGeneration(model="m"), name="t"
            ).dump()
        ).image_generation_model.model_name
        == "m"
    )
    other = OpenAIImageGeneration(model="other")
    with pytest.raises((AssertionError, ValueError), match="image_generation_model"):
        ImageGeneration(image_generation_model=model, llm=other, name="t")


def test_one_row_per_image_or_lists() -> None:
    for grouped, images in ((False, ["a0", "a1"]), (True, [["a0", "a1"]])):
        task = ImageGeneration(
            image_generation_model=Painter(), num_generations=2, group_generations=grouped, name="t"
        )
        task.load()
        assert [row["image"] for row in next(task.process([{"prompt": "a"}]))] == images


@pytest.mark.parametrize("cls", [ImageGeneration, Own])
def test_images_are_stored_and_a_second_run_asks_for_none(
    cls: type[ImageTask], tmp_path: Path
) -> None:
    def run(url: str) -> list[dict[str, Any]]:
        with Pipeline("images", cache_dir=tmp_path) as pipeline:
            rows = LoadDataFromDicts(data=[{"prompt": "a"}, {"prompt": "b"}])
            model = OpenAIImageGeneration(model="m", base_url=f"{url}/v1", api_key="k")
            rows >> cls(image_generation_model=model, name="t")
        return list(pipeline.run()["default"]["train"])

    with served({"data": [{"b64_json": "aGk="}]}) as server:
        first = run(server.url)
        assert server.paths.count("/v1/images/generations") == 2
        assert run(server.url) == first
        assert server.paths.count("/v1/images/generations") == 2
