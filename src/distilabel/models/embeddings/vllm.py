"""`vLLMEmbeddings`: vectors from vLLM servers that distilabel starts."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Final, List, Optional, Union

import orjson
from pydantic import Field

from distilabel._core.sync_bridge import run_sync
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.embeddings.base import Embeddings
from distilabel.models.servers.managed import ManagedServers
from distilabel.models.servers.spec import VLLM, ServerSpec, command_line_arguments

# Texts per request: the server batches what it gets, and several replicas share a call of `encode`.
_TEXTS: Final = 64


class vLLMEmbeddings(Embeddings, ManagedServers):
    """A model that turns texts into vectors, served by vLLM.

    `load` starts a server and waits until it answers; `unload`, or the end of the program, ends it.

    Attributes:
        model: Repository of the model on the Hugging Face Hub, or its folder.
        dtype: Data type of the weights and activations.
        trust_remote_code: Whether to run code that comes with the model.
        quantization: Quantization method of the weights; None reads it from the model.
        revision: Branch, tag or commit of the model.
        enforce_eager: Whether not to capture CUDA graphs, which take time and memory.
        seed: Seed of the engine.
        extra_kwargs: More options of the engine, like `{"tensor_parallel_size": 2}`.

    References:
        - [Offline inference embeddings](https://docs.vllm.ai/en/latest/getting_started/examples/offline_inference_embedding.html)

    Examples:
        Embed two texts:

        ```python
        from distilabel.models import vLLMEmbeddings

        embeddings = vLLMEmbeddings(model="intfloat/e5-mistral-7b-instruct")
        embeddings.load()
        vectors = embeddings.encode(inputs=["A cat.", "A dog."])
        ```
    """

    model: str
    dtype: str = "auto"
    trust_remote_code: bool = False
    quantization: Optional[str] = None
    revision: Optional[str] = None
    enforce_eager: bool = True
    seed: int = 0
    extra_kwargs: Optional[RuntimeParameter[Dict[str, Any]]] = Field(
        default_factory=dict, description="More options of vLLM's engine, by name."
    )

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def load(self) -> None:
        """Starts the servers and waits until they answer.

        Raises:
            ImportError: vLLM is not installed.
            DistilabelUserError: A server could not start; the message says why.
        """
        super().load()
        self._start_servers()

    def unload(self) -> None:
        """Ends the servers, unless another model uses them."""
        self._stop_servers()
        super().unload()

    def _spec(self) -> ServerSpec:
        options: Dict[str, Any] = {
            "served_model_name": self.model,
            "dtype": self.dtype,
            "trust_remote_code": self.trust_remote_code or None,
            "quantization": self.quantization,
            "revision": self.revision,
            "enforce_eager": self.enforce_eager or None,
            "seed": self.seed,
            "runner": "pooling",
            "uvicorn_log_level": "warning",
            **(self.extra_kwargs or {}),
        }
        arguments = (self.model, *command_line_arguments(options))
        gpus = self._gpu_count(self.extra_kwargs)
        return ServerSpec(VLLM, self.model, arguments, (), gpus, self._devices())

    def encode(self, inputs: List[str]) -> List[List[Union[int, float]]]:
        """Turns texts into vectors.

        Args:
            inputs: The texts.

        Returns:
            One vector per text, in the same order.

        Raises:
            AnswerError: A request failed, for example because a text is too long for the model.
        """
        return run_sync(self._encode(list(inputs)))

    async def _encode(self, texts: List[str]) -> List[List[Union[int, float]]]:
        parts = [texts[i : i + _TEXTS] for i in range(0, len(texts), _TEXTS)]
        found = await asyncio.gather(*map(self._encode_part, parts))
        return [vector for part in found for vector in part]

    async def _encode_part(self, texts: List[str]) -> List[List[Union[int, float]]]:
        body = orjson.dumps({"model": self.model, "input": texts})
        reply = await self._servers.ask_until_answered("v1/embeddings", body)
        data = sorted(orjson.loads(reply.body)["data"], key=lambda item: item["index"])
        return [item["embedding"] for item in data]
