"""Models that make images."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.models.image_generation.base import (
        AsyncImageGenerationModel as AsyncImageGenerationModel,
    )
    from distilabel.models.image_generation.base import ImageGenerationModel as ImageGenerationModel
    from distilabel.models.image_generation.huggingface.inference_endpoints import (
        InferenceEndpointsImageGeneration as InferenceEndpointsImageGeneration,
    )
    from distilabel.models.image_generation.openai import (
        OpenAIImageGeneration as OpenAIImageGeneration,
    )

__getattr__, __all__ = lazy_exports(__name__, __file__)
