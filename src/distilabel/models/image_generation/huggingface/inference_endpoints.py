"""`InferenceEndpointsImageGeneration`: image models that Hugging Face serves."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Final, List, Optional

import orjson
from pydantic import PrivateAttr, validate_call

from distilabel.models.base_clients.inference_endpoints import (
    KEY_VARIABLE,
    InferenceEndpointsBaseClient,
)
from distilabel.models.http.endpoint import key_fingerprint, post
from distilabel.models.image_generation.base import AsyncImageGenerationModel
from distilabel.models.wire import images

_TIMEOUT: Final = 120.0


class InferenceEndpointsImageGeneration(InferenceEndpointsBaseClient, AsyncImageGenerationModel):
    """An image model that Hugging Face serves, or at a server with the same protocol.

    Set one of `model_id`, `endpoint_name` and `base_url`.

    Attributes:
        model_id: Repository of a model that Hugging Face's own inference service has.
        endpoint_name: Name of your Inference Endpoint; resumed if it is paused.
        endpoint_namespace: User or organization the endpoint belongs to.
        base_url: Address that the prompt is posted to.
        api_key: Token of Hugging Face; read from `HF_TOKEN`, or from the stored login.
        tokenizer_id: Has no effect on images.
        model_display_name: Name of the model in the dataset.
        structured_output: Has no effect on images.

    Examples:
        Make an image:

        ```python
        from distilabel.models.image_generation import InferenceEndpointsImageGeneration

        model = InferenceEndpointsImageGeneration(model_id="black-forest-labs/FLUX.1-schnell")
        model.load()
        images = model.generate_outputs(inputs=["a white siamese cat"])
        ```
    """

    _telemetry_provider = "hugging_face"
    _num_generations_param_supported: bool = PrivateAttr(default=False)

    def load(self) -> None:
        """Finds the token and the address, and resumes the endpoint.

        Raises:
            ValueError: There is no token.
            EndpointError: The endpoint does not exist, or did not start.
        """
        super().load()
        self._connect()

    def unload(self) -> None:
        """Forgets the token."""
        self._headers = {}
        self._key = None
        super().unload()

    @property
    def _url(self) -> str:
        if self.model_id:
            return f"{self._address}/hf-inference/models/{self.model_id}"
        return self._address

    def _identity(self) -> Any:
        own = {
            "model": self.model_id or self.endpoint_name or (self.base_url or "").rstrip("/"),
            "namespace": self.endpoint_namespace,
        }
        return self.identity or own | self._added_fields(InferenceEndpointsImageGeneration)

    def _endpoint_id(self) -> str:
        return f"{self._url} {key_fingerprint(self._key or self.api_key)}"

    @validate_call
    async def agenerate(  # type: ignore[override]
        self,
        input: str,
        negative_prompt: Optional[str] = None,
        height: Optional[float] = None,
        width: Optional[float] = None,
        num_inference_steps: Optional[float] = None,
        guidance_scale: Optional[float] = None,
        num_generations: int = 1,
    ) -> List[Dict[str, Any]]:
        """Makes images from one text.

        Args:
            input: What the images show.
            negative_prompt: What the images must not show.
            height: Height in pixels.
            width: Width in pixels.
            num_inference_steps: Number of denoising steps: more take longer and show more detail.
            guidance_scale: How closely the images follow the text.
            num_generations: Number of images, each in a request of its own.

        Returns:
            A list with one dict, whose `images` are base64 texts of JPEG files.

        Raises:
            AnswerError: A request failed, or returned no image.
            EndpointError: The token, the model or the address is wrong.
        """
        given = {
            "negative_prompt": negative_prompt,
            "height": height,
            "width": width,
            "num_inference_steps": num_inference_steps,
            "guidance_scale": guidance_scale,
        }
        parameters = {
            # Sizes and counts of steps are whole numbers, of which `float` is 1.5.3's type.
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in given.items()
            if value is not None
        }
        body = orjson.dumps({"inputs": input, "parameters": parameters})

        async def ask() -> str:
            reply = await post(self._url, body, self._headers, _TIMEOUT, key_variable=KEY_VARIABLE)
            return await asyncio.to_thread(images.jpeg_of, reply.body)

        return [{"images": list(await asyncio.gather(*(ask() for _ in range(num_generations))))}]
