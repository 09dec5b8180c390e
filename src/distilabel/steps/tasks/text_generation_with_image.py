"""`TextGenerationWithImage`: asks a model about an image."""

from __future__ import annotations

from typing import Any, Dict, Literal

from pydantic import Field

from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import wrong_content
from distilabel.steps.tasks.text_generation import TextGeneration
from distilabel.typing import ChatType, StepColumns
from distilabel.utils.image import image_to_url


class TextGenerationWithImage(TextGeneration):
    """Asks a model about the image of a row and keeps its text.

    Attributes:
        system_prompt: System prompt of all rows.
        columns: Columns that the template uses.
        template: Jinja2 template of the text beside the image.
        image_type: What the column `image` contains: `"url"`, `"base64"` or `"PIL"`.

    Input columns:
        - dynamic (determined by `columns` attribute): By default, `instruction`.
        - image (`Union[str, PIL.Image]`): URL, base64 text or PIL image.

    Output columns:
        - generation (`str`): Text of the model.
        - model_name (`str`): Name of the model.

    Categories:
        - text-generation

    References:
        - [Jinja2 Template Designer Documentation](https://jinja.palletsprojects.com/en/3.1.x/templates/)
        - [Image-Text-to-Text](https://huggingface.co/tasks/image-text-to-text)
        - [OpenAI Vision](https://platform.openai.com/docs/guides/vision)

    Examples:
        Ask about an image on the web:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import TextGenerationWithImage

        task = TextGenerationWithImage(llm=SimulatedLLM())
        task.load()
        row = {"instruction": "What is it?", "image": "https://example.com/owl.png"}
        rows = next(task.process([row]))
        ```
    """

    image_type: Literal["url", "base64", "PIL"] = Field(
        default="url", description="What the column `image` contains."
    )

    @property
    def inputs(self) -> StepColumns:
        """The columns in `columns`, optionally `system_prompt`, and `image`."""
        columns: Any = super().inputs
        return {**columns, "image": True}

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt.

        Args:
            input: Input row.

        Returns:
            A user message with the text and the image, after the system prompt if there is one.

        Raises:
            DistilabelUserError: The image is not what `image_type` says, or the instruction is not
                a text.
        """
        image = input["image"]
        if (self.image_type == "PIL") == isinstance(image, str) or image is None:
            expected = "a PIL image" if self.image_type == "PIL" else "a text"
            raise wrong_content(self, input, "image", f"{expected} (image_type={self.image_type})")
        if self.image_type == "base64" and not image.startswith("data:"):
            image = f"data:image/jpeg;base64,{image}"
        (message,) = messages = self._messages(input)
        if not isinstance(message["content"], str):
            raise DistilabelUserError(
                f"{self.name}: the instruction is a conversation. It must be a text."
            )
        content: Any = [
            {"type": "text", "text": message["content"]},
            {"type": "image_url", "image_url": {"url": image_to_url(image)}},
        ]
        messages = [{"role": "user", "content": content}]
        if self.system_prompt:
            messages.insert(0, {"role": "system", "content": self.system_prompt})
        return messages
