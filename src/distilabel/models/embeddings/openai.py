"""`OpenAIEmbeddings`: embeddings of any endpoint with OpenAI's protocol."""

from __future__ import annotations

import asyncio
import random
from typing import Any, Dict, Final, List, Optional, Union

import orjson
from pydantic import PositiveInt, PrivateAttr, SecretStr

from distilabel._core.sync_bridge import run_sync
from distilabel.errors import AnswerError, DistilabelUserError, ModelError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import (
    api_key_field,
    base_url_field,
    current_key,
)
from distilabel.models.client.retry import Failures, retry_pause
from distilabel.models.embeddings.base import Embeddings
from distilabel.models.http.endpoint import bearer_headers, post, require_key, url_of
from distilabel.models.wire import errors

_KEY_VARIABLE: Final = "OPENAI_API_KEY"


class OpenAIEmbeddings(Embeddings):
    """Embeddings of OpenAI, or of any endpoint with the same protocol, such as vLLM or Ollama.

    Texts are sent in batches, several at a time; a request that fails is retried.

    Attributes:
        model: Name of the model.
        base_url: Address of the endpoint, up to and including `/v1`; read from `OPENAI_BASE_URL`.
        api_key: Key of the endpoint; read from `OPENAI_API_KEY`.
        dimensions: Length of the vectors, for models that can shorten them.
        batch_size: Most texts in a request.
        max_concurrency: Most requests in flight.
        max_retries: How often a request is retried after an error.
        timeout: Seconds a request may take.

    Examples:
        Embed two texts:

        ```python
        from distilabel.models import OpenAIEmbeddings

        embeddings = OpenAIEmbeddings(model="text-embedding-3-small", api_key="...")
        embeddings.load()
        vectors = embeddings.encode(["distilabel is awesome!", "and Argilla too"])
        ```
    """

    model: str
    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "OPENAI_BASE_URL",
        "https://api.openai.com/v1",
        "Address of the endpoint, up to and including /v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field(_KEY_VARIABLE)
    dimensions: Optional[PositiveInt] = None
    batch_size: PositiveInt = 64
    max_concurrency: PositiveInt = 8
    max_retries: int = 6
    timeout: PositiveInt = 120

    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def model_name(self) -> str:
        """Name of the model."""
        return self.model

    def load(self) -> None:
        """Checks the key.

        Raises:
            DistilabelUserError: There is no key.
        """
        super().load()
        self._headers = bearer_headers(require_key(current_key(self), self, _KEY_VARIABLE))

    def unload(self) -> None:
        """Forgets the key."""
        self._headers = {}
        super().unload()

    def encode(self, inputs: List[str]) -> List[List[Union[int, float]]]:
        """Turns texts into vectors.

        Args:
            inputs: The texts.

        Returns:
            One vector per text, in the same order.

        Raises:
            AnswerError: A request failed, and retries do not help.
            EndpointError: The key, the model or the address is wrong.
        """
        if not self._headers:
            raise DistilabelUserError("OpenAIEmbeddings: it is not loaded. Call load() first.")
        return run_sync(self._encode(inputs))

    async def _encode(self, inputs: List[str]) -> List[List[Union[int, float]]]:
        limit = asyncio.Semaphore(self.max_concurrency)
        size = self.batch_size

        async def encode(texts: List[str]) -> List[List[Union[int, float]]]:
            async with limit:
                return await self._request(texts)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(encode(inputs[start : start + size]))
                    for start in range(0, len(inputs), size)
                ]
        except* ModelError as failed:
            # Of several failures, the first says enough.
            raise failed.exceptions[0] from None
        return [vector for task in tasks for vector in task.result()]

    async def _request(self, texts: List[str]) -> List[List[Union[int, float]]]:
        body: Dict[str, Any] = {"model": self.model, "input": texts, "encoding_format": "float"}
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions
        url = url_of((self.base_url or "").strip().rstrip("/"), "embeddings")
        clock = asyncio.get_running_loop().time
        failures: Optional[Failures] = None
        while True:
            try:
                reply = await post(
                    url,
                    orjson.dumps(body),
                    self._headers,
                    self.timeout,
                    key_variable=_KEY_VARIABLE,
                )
                return _vectors(reply.body, len(texts))
            except AnswerError as error:
                failures = failures or Failures(clock())
                failures.add(error, is_up=True)
                pause = retry_pause(error, failures, self.max_retries, clock(), random.random())
                if isinstance(pause, Exception):
                    raise pause from None
                self._logger.warning("%s: retrying in %.1f s: %s", self.model, pause, error)
                await asyncio.sleep(pause)


def _vectors(body: bytes, count: int) -> List[List[Union[int, float]]]:
    """Parses the body of a reply; its vectors may be in any order."""
    try:
        data = sorted(errors.parse_json(body)["data"], key=lambda item: item["index"])
        vectors = [list(item["embedding"]) for item in data]
    except (ValueError, KeyError, TypeError) as error:
        raise errors.invalid_reply(body, error) from error
    if len(vectors) != count:
        raise errors.invalid_reply(body, f"it has {len(vectors)} vectors for {count} texts")
    return vectors
