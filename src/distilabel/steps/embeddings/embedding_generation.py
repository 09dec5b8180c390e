"""`EmbeddingGeneration`: turns texts into vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List

from pydantic import PrivateAttr

from distilabel.models.embeddings.base import Embeddings
from distilabel.steps.base import Step, StepInput
from distilabel.steps.column_checks import text_in

if TYPE_CHECKING:
    from distilabel.typing import StepOutput

# Vectors that are kept, for texts that occur again.
_MOST_KEPT = 10_000


class EmbeddingGeneration(Step):
    """Turns the text of each row into a vector.

    A text that occurs several times is encoded once.

    Attributes:
        embeddings: Model that encodes the texts.

    Input columns:
        - text (`str`): Text to encode.

    Output columns:
        - embedding (`List[Union[float, int]]`): Vector of the text.
        - model_name (`str`): Name of the model.

    Categories:
        - embedding

    Examples:
        Embed texts with an endpoint that speaks OpenAI's protocol:

        ```python
        from distilabel.models import OpenAIEmbeddings
        from distilabel.steps import EmbeddingGeneration

        embeddings = OpenAIEmbeddings(model="text-embedding-3-small", api_key="...")
        step = EmbeddingGeneration(embeddings=embeddings)
        ```
    """

    embeddings: Embeddings

    _kept: Dict[str, List[float]] = PrivateAttr(default_factory=dict)

    @property
    def inputs(self) -> List[str]:
        """`text`."""
        return ["text"]

    @property
    def outputs(self) -> List[str]:
        """`embedding` and `model_name`."""
        return ["embedding", "model_name"]

    def load(self) -> None:
        """Loads the step and its model."""
        super().load()
        self.embeddings.load()

    def unload(self) -> None:
        """Unloads the model."""
        self.embeddings.unload()
        self._kept = {}
        super().unload()

    def process(self, inputs: StepInput) -> StepOutput:
        """Encodes the texts of a batch.

        Args:
            inputs: Input rows.

        Yields:
            The rows with their vectors.
        """
        texts = [text_in(self, row, "text") for row in inputs]
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        found = dict(zip(missing, self.embeddings.encode(missing), strict=True)) if missing else {}
        known = {**self._kept, **found}
        for row, text in zip(inputs, texts, strict=True):
            row["embedding"] = known[text]
            row["model_name"] = self.embeddings.model_name
        if len(known) <= _MOST_KEPT:
            self._kept = known
        yield inputs
