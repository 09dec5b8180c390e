"""`AnyscaleLLM`: models at endpoints of Anyscale."""

from __future__ import annotations

from typing import Optional

from pydantic import SecretStr

from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field
from distilabel.models.llms.openai import OpenAILLM


class AnyscaleLLM(OpenAILLM):
    """A model at an endpoint of Anyscale.

    Anyscale has closed its public endpoint, the default address. A service that you run at Anyscale
    has an address of its own: set `base_url`.

    Attributes:
        model: Name of the model.
        base_url: Address of the endpoint; read from `ANYSCALE_BASE_URL`.
        api_key: Key of the endpoint; read from `ANYSCALE_API_KEY`.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import AnyscaleLLM

        llm = AnyscaleLLM(model="my-model", base_url="https://my-service/v1", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "ANYSCALE_BASE_URL",
        "https://api.endpoints.anyscale.com/v1",
        "Address of the endpoint, up to and including /v1.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("ANYSCALE_API_KEY")

    _telemetry_provider = "anyscale"
    _key_variable = "ANYSCALE_API_KEY"

    def _batch_api(self) -> None:
        return None
