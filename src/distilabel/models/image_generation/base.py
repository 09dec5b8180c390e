"""`ImageGenerationModel` and `AsyncImageGenerationModel`, the base classes of image models.

An image model is asked through the same client as a language model: limits, retries, budgets and
stored answers apply. There, each image is a generation, as base64 text.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Dict, List

from distilabel._core.sync_bridge import run_sync
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import current_client
from distilabel.models.llms.base import LLM, AsyncLLM
from distilabel.models.llms.overrides import batch_method

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from distilabel.typing import GenerateOutput

Images = List[Dict[str, Any]]


class ImageGenerationModel(LLM, ABC):
    """A model that makes images from a list of texts per call, synchronously.

    A subclass implements the property `model_name` and the method `generate`, and may prepare
    itself in `load` (calling `super().load()`).

    Attributes:
        generation_kwargs: Arguments of `generate` (or `agenerate`) for every text.
    """

    @abstractmethod
    def generate(  # type: ignore[override]
        self, inputs: List[str], num_generations: int = 1, **kwargs: Any
    ) -> List[Images]:
        """Makes images.

        Args:
            inputs: What the images show, one text per image.
            num_generations: Number of images per text.
            kwargs: Generation arguments.

        Returns:
            For each text, a list of dicts with `images`: a list of base64 texts.
        """

    def generate_outputs(  # type: ignore[override]
        self, inputs: List[str], num_generations: int = 1, **kwargs: Any
    ) -> List[Images]:
        """Makes images from synchronous code, such as the `process` of a task.

        Args:
            inputs: What the images show, one text per image.
            num_generations: Number of images per text.
            kwargs: Generation arguments.

        Returns:
            For each text, a list of dicts with `images`: a list of base64 texts.
        """
        client = None if batch_method(type(self)) == "generate_outputs" else current_client(self)
        if client is None:
            return self.generate(inputs=inputs, num_generations=num_generations, **kwargs)
        return self._ask_all(client, inputs, num_generations, kwargs)

    def _ask_all(
        self, client: ModelClient, inputs: Any, count: int, kwargs: Dict[str, Any]
    ) -> List[Images]:
        outputs = run_sync(client.ask_all(inputs, count, **kwargs), loop=client.loop)
        return [[{"images": output["generations"]}] for output in outputs]

    @property
    def _batch_method(self) -> Callable[..., List[GenerateOutput]]:
        method: Any = super()._batch_method

        def generate(inputs: Any, num_generations: int = 1, **kwargs: Any) -> List[GenerateOutput]:
            for prompt in inputs:
                _check_prompt(self, prompt)
            found = method(inputs=inputs, num_generations=num_generations, **kwargs)
            return [_output_of(self, images) for images in found]

        return generate


class AsyncImageGenerationModel(ImageGenerationModel, AsyncLLM, ABC):
    """A model that makes images from one text per call, asynchronously.

    A subclass implements the property `model_name` and the coroutine function `agenerate`.

    Attributes:
        generation_kwargs: Arguments of `agenerate` for every text.
    """

    @abstractmethod
    async def agenerate(  # type: ignore[override]
        self, input: str, num_generations: int = 1, **kwargs: Any
    ) -> Images:
        """Makes images from one text.

        Args:
            input: What the images show.
            num_generations: Number of images.
            kwargs: Generation arguments.

        Returns:
            A list of dicts with `images`: a list of base64 texts.

        Raises:
            AnswerError: There is no image; the error says whether a retry may help.
            EndpointError: The endpoint cannot be used.
        """

    def generate(  # type: ignore[override]
        self, inputs: List[str], num_generations: int = 1, **kwargs: Any
    ) -> List[Images]:
        """Makes images from several texts concurrently.

        Args:
            inputs: What the images show, one text per image.
            num_generations: Number of images per text.
            kwargs: Generation arguments.

        Returns:
            For each text, a list of dicts with `images`: a list of base64 texts.
        """
        if not batch_method(type(self)):
            client = current_client(self) or ModelClient(self)
            return self._ask_all(client, inputs, num_generations, kwargs)
        # Called by an override, whose images are stored and counted.
        ask: Any = self._agenerate_unchecked
        takes_count = self._num_generations_param_supported
        times = 1 if takes_count else num_generations
        given = {**kwargs, "num_generations": num_generations} if takes_count else kwargs

        async def together() -> List[Any]:
            return await asyncio.gather(*(ask(i, **given) for i in inputs for _ in range(times)))

        found = run_sync(together())
        groups = [found[i : i + times] for i in range(0, len(found), times)]
        return [[result for results in group for result in results] for group in groups]

    @property
    def _async_method(self) -> Callable[..., Awaitable[GenerateOutput]] | None:
        return None if batch_method(type(self)) else self._generations

    async def _generations(self, input: Any, **kwargs: Any) -> GenerateOutput:
        _check_prompt(self, input)
        images: Any = await self._agenerate_unchecked(input, **kwargs)
        return _output_of(self, images)


def _check_prompt(model: ImageGenerationModel, prompt: Any) -> None:
    if not isinstance(prompt, str):
        raise EndpointError(
            f"{type(model).__name__} makes images from a text, not from a {type(prompt).__name__}. "
            "Use it in ImageGeneration, or in an ImageTask whose format_input returns a text."
        )


def _output_of(model: ImageGenerationModel, results: Any) -> GenerateOutput:
    """Returns the output with all images of one text as generations."""
    try:
        generations = [image for result in results for image in result["images"]]
    except (TypeError, KeyError):
        raise AnswerError(
            f"{type(model).__name__} returned {type(results).__name__} for a text. It must return "
            "a list of dicts with the images: [{'images': ['<base64>']}]."
        ) from None
    return {"generations": generations, "statistics": {}}
