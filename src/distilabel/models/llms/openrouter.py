"""`OpenRouterLLM`: models of many providers through OpenRouter."""

from __future__ import annotations

from typing import Optional

from pydantic import PrivateAttr, SecretStr

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field
from distilabel.models.llms.openai import OpenAILLM


class OpenRouterLLM(OpenAILLM):
    """A model of any provider that OpenRouter routes to.

    Attributes:
        model: Name of the model, like `openai/gpt-4o-mini`, with a variant like `:nitro` or not.
        base_url: Address of the endpoint; read from `OPENROUTER_BASE_URL`.
        api_key: Key of the endpoint; read from `OPENROUTER_API_KEY`.
    """

    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "OPENROUTER_BASE_URL",
        "https://openrouter.ai/api/v1",
        "Address of the endpoint, up to and including /v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("OPENROUTER_API_KEY")

    _telemetry_provider = "openrouter"
    _key_variable = "OPENROUTER_API_KEY"
    _num_generations_param_supported: bool = PrivateAttr(default=False)

    def _batch_api(self) -> None:
        return None
