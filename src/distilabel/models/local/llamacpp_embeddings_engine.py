"""`LlamaCppEmbeddingsEngine`: turns texts into vectors with llama-cpp-python."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from distilabel._core.extras import import_extra
from distilabel.errors import DistilabelUserError
from distilabel.models.local.engine import Engine, Question
from distilabel.models.local.llamacpp_engine import EXTRA, load_file


class LlamaCppEmbeddingsEngine(Engine):
    """Loads a GGUF file and encodes texts.

    Args:
        path: Path of the file; None downloads it.
        repo: Repository of the file on the Hugging Face Hub, if there is no path.
        file: Name of the file.
        arguments: More arguments of `llama_cpp.Llama`.
        base: As for `Engine`.
    """

    METHODS: ClassVar[frozenset[str]] = frozenset({"encode"})

    def __init__(
        self,
        *,
        path: str | None,
        repo: str | None,
        file: str,
        arguments: dict[str, Any],
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self._path = path
        self._repo = repo
        self._file = file
        self._arguments = arguments

    def start(self) -> dict[str, Any]:
        """Loads the file, after downloading it if it is in a repository."""
        library = import_extra("llama_cpp", extra=EXTRA, subject=self.subject)
        arguments = {**self._arguments, "model_path": self._found(), "embedding": True}
        self._llama = load_file(library, arguments, self.subject)
        if self._llama.pooling_type() == library.LLAMA_POOLING_TYPE_NONE:
            raise DistilabelUserError(
                f"{self.subject}: the file does not say how the vectors of a text's tokens become "
                "one, as a model for embeddings does. Use another model, or choose a pooling, like "
                "extra_kwargs={'pooling_type': 1} for the mean."
            )
        return {}

    def _found(self) -> str:
        if self._path is not None:
            if not Path(self._path).is_file():
                raise DistilabelUserError(
                    f"{self.subject}: {self._path} does not exist. Set model_path to the folder of "
                    "the file, and model to its name."
                )
            return self._path
        from huggingface_hub import hf_hub_download

        try:
            return hf_hub_download(str(self._repo), self._file)
        except (OSError, ValueError) as error:
            raise DistilabelUserError(
                f"{self.subject}: it cannot be downloaded from {self._repo}: "
                f"{' '.join(str(error).split())[:400]} Check repo_id, the name of the file, and "
                "your token."
            ) from error

    def encode(self, questions: list[Question]) -> None:
        """Encodes lists of texts."""
        for question in questions:
            texts, normalizes = question.payload
            # An empty text has no tokens, which llama.cpp rejects for the whole batch.
            question.answer(self._llama.embed([text or " " for text in texts], normalizes))
