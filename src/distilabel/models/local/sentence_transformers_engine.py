"""`SentenceTransformersEngine`: turns texts into vectors with sentence-transformers."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.models.local.engine import Engine, Question

EXTRA: Final = "sentence-transformers"


class SentenceTransformersEngine(Engine):
    """Loads a model and encodes texts.

    Args:
        model: Repository or folder of the model.
        arguments: More arguments of `SentenceTransformer`.
        base: As for `Engine`.
    """

    METHODS: ClassVar[frozenset[str]] = frozenset({"encode"})

    def __init__(self, *, model: str, arguments: dict[str, Any], **base: Any) -> None:
        super().__init__(**base)
        self._name = model
        self._arguments = arguments

    def start(self) -> dict[str, Any]:
        """Loads the model."""
        library = import_extra("sentence_transformers", extra=EXTRA, subject=self.subject)
        try:
            self._model = library.SentenceTransformer(self._name, **self._arguments)
        except (OSError, RuntimeError, ValueError) as error:
            raise DistilabelUserError(
                f"{self.subject}: the model cannot be loaded: {' '.join(str(error).split())[:400]} "
                "Check its name on the Hugging Face Hub, its revision, your token, or the device."
            ) from error
        return {}

    def encode(self, questions: list[Question]) -> None:
        """Encodes lists of texts."""
        for question in questions:
            texts, arguments = question.payload
            vectors = self._model.encode(texts, batch_size=max(len(texts), 1), **arguments)
            question.answer(vectors.tolist())
