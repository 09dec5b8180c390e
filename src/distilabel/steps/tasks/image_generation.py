"""`ImageGeneration`: makes an image from a prompt."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, Optional

from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.image_task import ImageTask
from distilabel.typing import StepColumns
from distilabel.utils.image import image_from_str


class ImageGeneration(ImageTask):
    """Makes an image from the prompt of a row.

    Attributes:
        image_generation_model: Model that makes the images.
        save_artifacts: Whether to save the images as files beside the dataset, too.
        image_format: Format of these files, as PIL names it.

    Input columns:
        - prompt (`str`): What the image shows.

    Output columns:
        - image (`str`): The image as base64 text.
        - image_path (`str`): Path of the file below the folder of the dataset, with
            `save_artifacts`.
        - model_name (`str`): Name of the model.

    Categories:
        - image-generation

    Examples:
        Make an image:

        ```python
        from distilabel.models.image_generation import OpenAIImageGeneration
        from distilabel.steps.tasks import ImageGeneration

        model = OpenAIImageGeneration(model="dall-e-3", api_key="...")
        task = ImageGeneration(image_generation_model=model)
        task.load()
        rows = next(task.process([{"prompt": "a white siamese cat"}]))
        ```
    """

    save_artifacts: bool = False
    image_format: str = "JPEG"

    @property
    def inputs(self) -> StepColumns:
        """The column `prompt`."""
        return ["prompt"]

    @property
    def outputs(self) -> StepColumns:
        """The columns `image`, optionally `image_path`, and `model_name`."""
        return {"image": True, "image_path": False, "model_name": True}

    def format_input(self, input: Dict[str, Any]) -> str:
        """Returns the prompt.

        Args:
            input: Input row.
        """
        return text_in(self, input, "prompt")

    def format_output(  # type: ignore[override]
        self, output: Optional[Dict[str, Any]], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Returns the first image, and saves it with `save_artifacts`.

        Args:
            output: A dict whose `images` are base64 texts; None if there is none.
            input: Row the image belongs to.

        Returns:
            The column `image`, and `image_path` if the image is saved.
        """
        image = output["images"][0] if output and output.get("images") else None
        columns: Dict[str, Any] = {"image": image}
        if self.save_artifacts:
            columns["image_path"] = self._save(image, input) if image else None
        return columns

    def _save(self, image: str, row: Optional[Dict[str, Any]]) -> str:
        prompt = (row or {}).get("prompt", "")
        kind = self.image_format.lower()
        # The name is that of 1.5.3 and protects nothing.
        digest = hashlib.md5(prompt.encode("utf-8", "replace"), usedforsecurity=False)
        name = f"{digest.hexdigest()}.{kind}"

        def write(folder: Path) -> None:
            picture = image_from_str(image)
            if kind in ("jpeg", "jpg") and picture.mode not in ("RGB", "L", "CMYK"):
                picture = picture.convert("RGB")
            picture.save(folder / name, format="JPEG" if kind == "jpg" else self.image_format)

        self.save_artifact("images", write, metadata={"type": "image"})
        return f"artifacts/{self.name}/images/{name}"

    def load(self) -> None:
        """Checks the format of the files, and loads the model.

        Raises:
            DistilabelUserError: PIL cannot write `image_format`.
        """
        if self.save_artifacts:
            from PIL import Image

            Image.init()
            if self.image_format.upper() not in {*Image.SAVE, "JPG"}:
                raise DistilabelUserError(
                    f"{self.name}: image_format={self.image_format!r} is not a format that PIL "
                    "can write. Use 'JPEG', 'PNG' or 'WEBP'."
                )
        super().load()
