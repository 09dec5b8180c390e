"""Protects `ImageGeneration`: its columns, and the files that it saves."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from distilabel.errors import DistilabelUserError
from distilabel.models.image_generation import ImageGenerationModel
from distilabel.steps.tasks import ImageGeneration
from distilabel.utils.image import image_to_str


class Painter(ImageGenerationModel):
    @property
    def model_name(self) -> str:
        return "painter"

    def generate(self, inputs: Any, num_generations: int = 1, **kwargs: Any) -> Any:
        image = image_to_str(Image.new("RGBA", (2, 2)), "PNG")
        return [[{"images": [image]}] for _ in inputs]


@pytest.mark.parametrize("format", ["JPEG", "JPG"])
def test_a_saved_image_has_the_path_in_the_dataset(format: str, tmp_path: Path) -> None:
    task = ImageGeneration(
        image_generation_model=Painter(), save_artifacts=True, image_format=format, name="t"
    )
    task.set_pipeline_artifacts_path(tmp_path)
    task.load()
    (row,) = next(task.process([{"prompt": "a cat"}]))
    name = f"{hashlib.md5(b'a cat').hexdigest()}.{format.lower()}"
    assert row["image_path"] == f"artifacts/t/images/{name}"
    with Image.open(tmp_path / "t" / "images" / name) as saved:
        assert saved.format == "JPEG"
    assert '"image"' in (tmp_path / "t" / "images" / "metadata.json").read_text()


def test_without_files_there_is_no_path() -> None:
    task = ImageGeneration(image_generation_model=Painter(), name="t")
    task.load()
    (row,) = next(task.process([{"prompt": "a"}]))
    assert "image_path" not in row
    assert row["model_name"] == "painter"
    assert row["distilabel_metadata"] == {
        "raw_output_t": {"images": [row["image"]]},
        "raw_input_t": "a",
    }


def test_an_unknown_format_and_a_prompt_that_is_no_text_are_errors() -> None:
    task = ImageGeneration(
        image_generation_model=Painter(), save_artifacts=True, image_format="ODD", name="t"
    )
    with pytest.raises(DistilabelUserError, match="ODD"):
        task.load()
    with pytest.raises(DistilabelUserError, match="prompt"):
        task.format_input({"prompt": 3})
