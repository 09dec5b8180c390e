"""`OpenAIImageGeneration`: images of any endpoint with OpenAI's `/images/generations`."""

from __future__ import annotations

import asyncio
import base64
from typing import Any, Dict, Final, List, Literal, Optional

from pydantic import PrivateAttr, SecretStr, validate_call

from distilabel._core.redaction import redact_urls
from distilabel.errors import AnswerError
from distilabel.models.base_clients.environment import current_key
from distilabel.models.base_clients.openai import OpenAIBaseClient
from distilabel.models.client import retry
from distilabel.models.http import transport
from distilabel.models.http.endpoint import (
    bearer_headers,
    check_endpoint,
    key_fingerprint,
    post,
    require_key,
    url_of,
)
from distilabel.models.image_generation.base import AsyncImageGenerationModel
from distilabel.models.wire import images

_KEY_VARIABLE: Final = "OPENAI_API_KEY"
# Attempts to download an image.
_DOWNLOADS: Final = 4


class OpenAIImageGeneration(OpenAIBaseClient, AsyncImageGenerationModel):
    """An image model of OpenAI, or at any endpoint with the same protocol.

    Attributes:
        model: Name of the model.
        base_url: Address of the endpoint, up to and including `/v1`; read from `OPENAI_BASE_URL`.
        api_key: Key of the endpoint; read from `OPENAI_API_KEY`.
        default_headers: Headers sent with every request.
        max_retries: How often a request is retried after an error.
        timeout: Seconds a request may take.
        structured_output: Has no effect on images.

    Examples:
        Make an image:

        ```python
        from distilabel.models.image_generation import OpenAIImageGeneration

        model = OpenAIImageGeneration(model="dall-e-3", api_key="...")
        model.load()
        images = model.generate_outputs(inputs=["a white siamese cat"])
        ```
    """

    _telemetry_provider = "openai"

    _key: Optional[SecretStr] = PrivateAttr(default=None)
    _headers: Dict[str, str] = PrivateAttr(default_factory=dict)

    def load(self) -> None:
        """Checks the key.

        Raises:
            DistilabelUserError: There is no key.
        """
        super().load()
        self._key = require_key(current_key(self), self, _KEY_VARIABLE)
        self._headers = bearer_headers(self._key, self.default_headers)

    def unload(self) -> None:
        """Forgets the key."""
        self._key = None
        self._headers = {}
        super().unload()

    @property
    def _base(self) -> str:
        return (self.base_url or "").strip().rstrip("/")

    def _identity(self) -> Any:
        own = {"model": self.model_name, "base_url": self._base}
        return self.identity or own | self._added_fields(OpenAIImageGeneration)

    def _endpoint_id(self) -> str:
        return f"{self._base} {self.model_name} {key_fingerprint(self._key or self.api_key)}"

    async def _preflight(self) -> str:
        """Requests the list of models: it is free and reveals a wrong key, address or model."""
        return await check_endpoint(
            self._base, self._headers, self.model_name, key_variable=_KEY_VARIABLE
        )

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: str,
        num_generations: int = 1,
        quality: Optional[Literal["standard", "hd"]] = "standard",
        response_format: Literal["url", "b64_json"] = "url",
        size: Optional[Literal["256x256", "512x512", "1024x1024", "1792x1024", "1024x1792"]] = None,
        style: Optional[Literal["vivid", "natural"]] = None,
    ) -> List[Dict[str, Any]]:
        """Makes images from one text.

        Args:
            input: What the images show.
            num_generations: Number of images, all in one request.
            quality: `"standard"`, or `"hd"` for finer details.
            response_format: Whether the endpoint returns URLs, which are downloaded, or base64
                text.
            size: Width and height in pixels; None for the default of the model.
            style: `"vivid"` or `"natural"`; None for the default of the model.

        Returns:
            A list with one dict, whose `images` are base64 texts.

        Raises:
            AnswerError: The request or a download failed.
            EndpointError: The key, the model or the address is wrong.
        """
        arguments = {
            # Defaults are not sent: newer models reject these names, whatever the value.
            "quality": None if quality == "standard" else quality,
            "response_format": None if response_format == "url" else response_format,
            "size": size,
            "style": style,
        }
        reply = await post(
            url_of(self._base, "images/generations"),
            images.request_body(self.model, input, num_generations, arguments),
            self._headers,
            self.timeout or 120,
            key_variable=_KEY_VARIABLE,
        )
        found = images.parse_images(reply.body)
        made = [self._download(text) if is_url else _unchanged(text) for is_url, text in found]
        return [{"images": list(await asyncio.gather(*made))}]

    async def _download(self, url: str) -> str:
        """Returns the file at a URL as base64 text; the key is not sent.

        The image is paid for: the download alone is tried again, never the request.
        """
        problem = ""
        for attempt in range(_DOWNLOADS):
            if attempt:
                await asyncio.sleep(retry.FIRST_WAIT * 2**attempt)
            try:
                reply = await transport.send("GET", url, timeout=self.timeout or 120)
            except AnswerError as error:
                problem = redact_urls(str(error))
                continue
            if reply.status == 200:
                return base64.b64encode(reply.body).decode()
            problem = f"status {reply.status}"
            if reply.status < 500 and reply.status != 429:
                break
        raise AnswerError(
            f"the image at {redact_urls(url)} could not be downloaded ({problem}). "
            'Set response_format="b64_json" in generation_kwargs.',
            retryable=False,
        )


async def _unchanged(text: str) -> str:
    return text
