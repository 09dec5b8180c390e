"""`TogetherLLM`: open models at Together AI."""

from __future__ import annotations

from typing import Optional

from pydantic import SecretStr

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field
from distilabel.models.llms.openai import OpenAILLM


class TogetherLLM(OpenAILLM):
    """A model that Together AI serves.

    Attributes:
        model: Name of the model, like `meta-llama/Llama-3.3-70B-Instruct-Turbo`.
        base_url: Address of the endpoint; read from `TOGETHER_BASE_URL`.
        api_key: Key of the endpoint; read from `TOGETHER_API_KEY`.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import TogetherLLM

        llm = TogetherLLM(model="meta-llama/Llama-3.3-70B-Instruct-Turbo", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "TOGETHER_BASE_URL",
        "https://api.together.xyz/v1",
        "Address of the endpoint, up to and including /v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("TOGETHER_API_KEY")

    _telemetry_provider = "together_ai"
    _key_variable = "TOGETHER_API_KEY"

    def _batch_api(self) -> None:
        return None
