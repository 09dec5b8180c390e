"""Language models: the two base classes, and one file per provider."""

from typing import TYPE_CHECKING

from distilabel._core.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from distilabel.models.llms.anthropic import AnthropicLLM as AnthropicLLM
    from distilabel.models.llms.anyscale import AnyscaleLLM as AnyscaleLLM
    from distilabel.models.llms.azure import AzureOpenAILLM as AzureOpenAILLM
    from distilabel.models.llms.base import LLM as LLM
    from distilabel.models.llms.base import AsyncLLM as AsyncLLM
    from distilabel.models.llms.bedrock import BedrockLLM as BedrockLLM
    from distilabel.models.llms.cohere import CohereLLM as CohereLLM
    from distilabel.models.llms.gemini import GeminiLLM as GeminiLLM
    from distilabel.models.llms.groq import GroqLLM as GroqLLM
    from distilabel.models.llms.huggingface.inference_endpoints import (
        InferenceEndpointsLLM as InferenceEndpointsLLM,
    )
    from distilabel.models.llms.huggingface.transformers import TransformersLLM as TransformersLLM
    from distilabel.models.llms.litellm import LiteLLM as LiteLLM
    from distilabel.models.llms.llamacpp import LlamaCppLLM as LlamaCppLLM
    from distilabel.models.llms.mistral import MistralLLM as MistralLLM
    from distilabel.models.llms.mlx import MlxLLM as MlxLLM
    from distilabel.models.llms.moa import MixtureOfAgentsLLM as MixtureOfAgentsLLM
    from distilabel.models.llms.ollama import OllamaLLM as OllamaLLM
    from distilabel.models.llms.openai import OpenAILLM as OpenAILLM
    from distilabel.models.llms.openrouter import OpenRouterLLM as OpenRouterLLM
    from distilabel.models.llms.sglang import SGLang as SGLang
    from distilabel.models.llms.simulated import SimulatedLLM as SimulatedLLM
    from distilabel.models.llms.together import TogetherLLM as TogetherLLM
    from distilabel.models.llms.vertexai import VertexAILLM as VertexAILLM
    from distilabel.models.llms.vllm import ClientvLLM as ClientvLLM
    from distilabel.models.llms.vllm import vLLM as vLLM
    from distilabel.models.mixins.cuda_device_placement import (
        CudaDevicePlacementMixin as CudaDevicePlacementMixin,
    )
    from distilabel.typing import GenerateOutput as GenerateOutput
    from distilabel.typing import HiddenState as HiddenState

__getattr__, __all__ = lazy_exports(__name__, __file__)
