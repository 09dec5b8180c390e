"""Models at Hugging Face."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.models.llms.huggingface.inference_endpoints import (
        InferenceEndpointsLLM as InferenceEndpointsLLM,
    )
    from distilabel.models.llms.huggingface.transformers import TransformersLLM as TransformersLLM

__getattr__, __all__ = lazy_exports(__name__, __file__)
