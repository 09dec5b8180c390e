"""`LlamaCppEmbeddings`: vectors from a GGUF model that llama.cpp runs on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from pydantic import Field

from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.embeddings.base import Embeddings
from distilabel.models.local.model import LocalModel
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin


class LlamaCppEmbeddings(LocalModel, Embeddings, CudaDevicePlacementMixin):
    """A GGUF model that turns texts into vectors, run by llama.cpp on this machine.

    `load` starts a process that loads the file; `unload`, or the end of the program, ends it. Set
    `model_path` or `repo_id`.

    Attributes:
        model: Name of the GGUF file.
        model_path: Folder of the file.
        repo_id: Repository of the file on the Hugging Face Hub, which is downloaded once.
        n_gpu_layers: Layers on the GPU; -1 for all.
        n_ctx: Most tokens of a text.
        n_batch: Tokens that are computed together; longer texts are cut to as many.
        seed: Seed of the model; vectors do not depend on it.
        normalize_embeddings: Whether vectors have length 1.
        verbose: Whether llama.cpp prints what it does.
        extra_kwargs: More arguments of `llama_cpp.Llama`, like `{"pooling_type": 1}`.

    References:
        - [Embeddings of llama-cpp-python](https://llama-cpp-python.readthedocs.io/en/stable/#embeddings)

    Examples:
        Embed two texts:

        ```python notest
        from distilabel.models import LlamaCppEmbeddings

        embeddings = LlamaCppEmbeddings(
            model="all-MiniLM-L6-v2-Q2_K.gguf",
            repo_id="second-state/All-MiniLM-L6-v2-Embedding-GGUF",
        )
        embeddings.load()
        vectors = embeddings.encode(inputs=["A cat.", "A dog."])
        ```
    """

    model: str
    model_path: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Folder of the GGUF file."
    )
    repo_id: Optional[RuntimeParameter[str]] = Field(
        default=None,
        description="Repository of the GGUF file on the Hugging Face Hub.",
        exclude=True,
    )
    n_gpu_layers: Optional[RuntimeParameter[int]] = Field(
        default=-1, description="Layers on the GPU; -1 for all."
    )
    n_ctx: int = 512
    n_batch: int = 512
    seed: int = 4294967295
    normalize_embeddings: Optional[RuntimeParameter[bool]] = Field(
        default=False, description="Whether vectors have length 1."
    )
    verbose: Optional[RuntimeParameter[bool]] = Field(
        default=False, description="Whether llama.cpp prints what it does."
    )
    extra_kwargs: Optional[RuntimeParameter[Dict[str, Any]]] = Field(
        default_factory=dict, description="More arguments of `llama_cpp.Llama`."
    )

    @property
    def model_name(self) -> str:
        """Name of the GGUF file."""
        return self.model

    def load(self) -> None:
        """Starts the worker process and waits until the file is loaded.

        Raises:
            ImportError: llama-cpp-python is not installed.
            DistilabelUserError: There is neither `model_path` nor `repo_id`, or the file cannot be
                loaded; the message says why.
        """
        # Not by `super().load()`: GPUs are chosen for the worker process alone.
        Embeddings.load(self)
        if self.model_path is None and self.repo_id is None:
            raise DistilabelUserError(
                f"LlamaCppEmbeddings({self.model}): model_path and repo_id are missing. Set "
                "model_path to the folder of the file, or repo_id to its repository on the "
                "Hugging Face Hub."
            )
        self._start_engine(self.model, self._gpu_environment())

    def unload(self) -> None:
        """Ends the worker process, unless another model uses it, and gives back its GPUs."""
        self._stop_engine()
        self._release_gpus()

    def _engine_class(self) -> str:
        return "distilabel.models.local.llamacpp_embeddings_engine:LlamaCppEmbeddingsEngine"

    def _engine_settings(self) -> Dict[str, Any]:
        arguments = {
            "n_gpu_layers": self.n_gpu_layers,
            "n_ctx": self.n_ctx,
            "n_batch": self.n_batch,
            "seed": self.seed,
            "verbose": bool(self.verbose),
            **(self.extra_kwargs or {}),
        }
        path = None if self.model_path is None else str(Path(self.model_path, self.model))
        return {"path": path, "repo": self.repo_id, "file": self.model, "arguments": arguments}

    def encode(self, inputs: List[str]) -> List[List[Union[int, float]]]:
        """Turns texts into vectors.

        Args:
            inputs: The texts.

        Returns:
            One vector per text, in the same order.

        Raises:
            AnswerError: A text has no vector.
        """
        vectors: List[List[Union[int, float]]] = self._engine.call(
            "encode", (list(inputs), bool(self.normalize_embeddings))
        )
        return vectors
