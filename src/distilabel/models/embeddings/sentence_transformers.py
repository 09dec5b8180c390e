"""`SentenceTransformerEmbeddings`: vectors from a sentence-transformers model on this machine."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, Optional, Union

from pydantic import Field

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.embeddings.base import Embeddings
from distilabel.models.local.model import LocalModel
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin


class SentenceTransformerEmbeddings(LocalModel, Embeddings, CudaDevicePlacementMixin):
    """A model that turns texts into vectors, run by sentence-transformers on this machine.

    `load` starts a process that loads the model; `unload`, or the end of the program, ends it.

    Attributes:
        model: Repository of the model on the Hugging Face Hub, or its folder.
        device: Device, like `"cuda"` or `"cpu"`; None takes a GPU if there is one.
        prompts: Texts to put before the input, by name.
        default_prompt_name: Name of the prompt that is used.
        trust_remote_code: Whether to run code that comes with the model.
        revision: Branch, tag or commit of the model.
        token: Token of Hugging Face.
        truncate_dim: Numbers that are kept of each vector; None for all.
        model_kwargs: More arguments of the model of transformers.
        tokenizer_kwargs: More arguments of the tokenizer.
        config_kwargs: More arguments of the configuration.
        precision: Type of the numbers.
        normalize_embeddings: Whether vectors have length 1.

    Examples:
        Embed two texts:

        ```python notest
        from distilabel.models import SentenceTransformerEmbeddings

        embeddings = SentenceTransformerEmbeddings(model="mixedbread-ai/mxbai-embed-large-v1")
        embeddings.load()
        vectors = embeddings.encode(inputs=["A cat.", "A dog."])
        ```
    """

    model: str
    device: Optional[RuntimeParameter[str]] = Field(
        default=None, description="Device, like 'cuda' or 'cpu'."
    )
    prompts: Optional[Dict[str, str]] = None
    default_prompt_name: Optional[str] = None
    trust_remote_code: bool = False
    revision: Optional[str] = None
    token: Optional[str] = None
    truncate_dim: Optional[int] = None
    model_kwargs: Optional[Dict[str, Any]] = None
    tokenizer_kwargs: Optional[Dict[str, Any]] = None
    config_kwargs: Optional[Dict[str, Any]] = None
    precision: Optional[Literal["float32", "int8", "uint8", "binary", "ubinary"]] = "float32"
    normalize_embeddings: Optional[RuntimeParameter[bool]] = Field(
        default=True, description="Whether vectors have length 1."
    )

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def load(self) -> None:
        """Starts the worker process and waits until the model is loaded.

        Raises:
            ImportError: sentence-transformers is not installed.
            DistilabelUserError: The model cannot be loaded; the message says why.
        """
        # Not by `super().load()`: GPUs are chosen for the worker process alone.
        Embeddings.load(self)
        self._start_engine(self.model, self._gpu_environment() if self.device == "cuda" else None)

    def unload(self) -> None:
        """Ends the worker process, unless another model uses it, and gives back its GPUs."""
        self._stop_engine()
        self._release_gpus()

    def _engine_class(self) -> str:
        return "distilabel.models.local.sentence_transformers_engine:SentenceTransformersEngine"

    def _engine_settings(self) -> Dict[str, Any]:
        arguments = {
            "device": self.device,
            "prompts": self.prompts,
            "default_prompt_name": self.default_prompt_name,
            "trust_remote_code": self.trust_remote_code or None,
            "revision": self.revision,
            "token": self.token,
            "truncate_dim": self.truncate_dim,
            "model_kwargs": self.model_kwargs,
            "tokenizer_kwargs": self.tokenizer_kwargs,
            "config_kwargs": self.config_kwargs,
        }
        set_ones = {name: value for name, value in arguments.items() if value is not None}
        return {"model": self.model, "arguments": set_ones}

    def encode(self, inputs: List[str]) -> List[List[Union[int, float]]]:
        """Turns texts into vectors, in one batch.

        Args:
            inputs: The texts.

        Returns:
            One vector per text, in the same order.
        """
        arguments = {
            "precision": self.precision or "float32",
            "normalize_embeddings": bool(self.normalize_embeddings),
        }
        vectors: List[List[Union[int, float]]] = self._engine.call(
            "encode", (list(inputs), arguments)
        )
        return vectors
