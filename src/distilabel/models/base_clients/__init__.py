"""Fields that several models of the same provider share."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.models.base_clients.inference_endpoints import (
        InferenceEndpointsBaseClient as InferenceEndpointsBaseClient,
    )
    from distilabel.models.base_clients.openai import OpenAIBaseClient as OpenAIBaseClient

__getattr__, __all__ = lazy_exports(__name__, __file__)
