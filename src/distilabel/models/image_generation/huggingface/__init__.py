"""Image models that Hugging Face serves."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.models.image_generation.huggingface.inference_endpoints import (
        InferenceEndpointsImageGeneration as InferenceEndpointsImageGeneration,
    )

__getattr__, __all__ = lazy_exports(__name__, __file__)
