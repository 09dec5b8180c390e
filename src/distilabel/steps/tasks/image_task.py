"""`ImageTask`: a step that asks an image model about every row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Dict, List, Optional, Self

from pydantic import Field, model_validator

from distilabel.models.image_generation.base import ImageGenerationModel
from distilabel.models.llms.base import LLM
from distilabel.steps.tasks.ask import Ask
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.parsing import parse_output


class ImageTask(Task, ABC):
    """A step that makes images for every row.

    A subclass defines the properties `inputs` and `outputs` and the methods `format_input`, which
    returns a text, and `format_output`.

    Attributes:
        image_generation_model: Model that makes the images.
        llm: The same model; it must not be set.
        group_generations: Whether to put all images of a row into one row, as lists, instead of one
            row per image.
        add_raw_output: Whether to store what the model returned in `distilabel_metadata`.
        add_raw_input: Whether to store the prompt in `distilabel_metadata`.
        num_generations: Images to ask for per row.
    """

    image_generation_model: ImageGenerationModel
    llm: Optional[LLM] = Field(default=None, exclude=True)  # type: ignore[assignment]

    def model_post_init(self, context: Any, /) -> None:
        """Checks that the model is given once.

        Raises:
            AssertionError: `llm` is set.
        """
        super().model_post_init(context)
        # A dump has the image model twice.
        model = self.image_generation_model
        if self.llm is not None and self.llm.dump() != model.dump():
            raise AssertionError(
                f"{type(self).__name__}: `llm` is set. Set `image_generation_model` only."
            )

    @model_validator(mode="after")
    def _ask_the_image_model(self) -> Self:
        # Setting the attribute would start the validation again.
        self.__dict__["llm"] = self.image_generation_model
        return self

    @abstractmethod
    def format_input(self, input: Dict[str, Any]) -> str:
        """Makes the prompt for a row.

        Args:
            input: Row with the columns of `inputs`.

        Returns:
            What the image shows.
        """

    @abstractmethod
    def format_output(  # type: ignore[override]
        self, output: Optional[Dict[str, Any]], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Turns what the model returned into columns.

        Args:
            output: A dict whose `images` are base64 texts; None if there is none.
            input: Row the images belong to.

        Returns:
            The output columns.
        """

    async def aprocess(self, row: Dict[str, Any], ask: Ask) -> List[Dict[str, Any]]:
        """Turns one row into rows, one per image unless `group_generations` is True.

        Args:
            row: Row with the columns of `inputs`.
            ask: Asks the model for images.
        """
        prompt = self.format_input(row)
        output = await ask(prompt, self.num_generations or 1)
        made: Any = {"generations": [{"images": [image]} for image in output["generations"]]}
        task: Any = self
        return self._rows_from(row, prompt, parse_output(task, made, row))
