"""Models that turn texts into vectors."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.models.embeddings.base import Embeddings as Embeddings
    from distilabel.models.embeddings.llamacpp import LlamaCppEmbeddings as LlamaCppEmbeddings
    from distilabel.models.embeddings.openai import OpenAIEmbeddings as OpenAIEmbeddings
    from distilabel.models.embeddings.sentence_transformers import (
        SentenceTransformerEmbeddings as SentenceTransformerEmbeddings,
    )
    from distilabel.models.embeddings.vllm import vLLMEmbeddings as vLLMEmbeddings

__getattr__, __all__ = lazy_exports(__name__, __file__)
