"""`AzureOpenAILLM`: models of OpenAI deployed at Azure."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional
from urllib.parse import quote

from pydantic import Field, SecretStr

from distilabel._core.redaction import redact_urls
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field
from distilabel.models.batch_jobs.apis.openai import OpenAIBatchAPI
from distilabel.models.http.endpoint import list_models
from distilabel.models.llms.openai import OpenAILLM


class AzureOpenAILLM(OpenAILLM):
    """A deployment of a model of OpenAI at Azure.

    Attributes:
        model: Name of the deployment.
        base_url: Address of the resource, like `https://name.openai.azure.com`, or the address of
            its API, ending in `/openai/v1`; read from `AZURE_OPENAI_ENDPOINT`.
        api_key: Key of the resource; read from `AZURE_OPENAI_API_KEY`.
        api_version: Version of the API, like `2024-10-21`; read from `OPENAI_API_VERSION`. None
            for the API `/openai/v1`, which has no versions.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import AzureOpenAILLM

        llm = AzureOpenAILLM(
            model="my-deployment",
            base_url="https://my-resource.openai.azure.com",
            api_key="...",
            api_version="2024-10-21",
        )
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "AZURE_OPENAI_ENDPOINT", None, "Address of the resource."
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("AZURE_OPENAI_API_KEY")
    api_version: Optional[RuntimeParameter[str]] = Field(
        default_factory=lambda: os.getenv("OPENAI_API_VERSION", "").strip() or None,
        description="Version of the API; None for the API /openai/v1, which has none.",
    )

    _telemetry_provider = "azure.ai.openai"
    _key_variable = "AZURE_OPENAI_API_KEY"

    def load(self) -> None:
        """Checks the address, the key and the structure.

        Raises:
            DistilabelUserError: There is no address or key, or `structured_output` has no valid
                `schema`.
        """
        if not super()._base:
            raise DistilabelUserError(
                "AzureOpenAILLM: no address. Set `base_url`, or the environment variable "
                "AZURE_OPENAI_ENDPOINT, to the address of your resource, like "
                "https://name.openai.azure.com."
            )
        super().load()

    def _headers_with(self, key: SecretStr) -> Dict[str, str]:
        headers = super()._headers_with(key)
        own = {name.lower() for name in self.default_headers or ()}
        if "authorization" not in own:
            # With a token of Microsoft Entra in its place, the key is not needed.
            del headers["Authorization"]
            headers["api-key"] = key.get_secret_value()
        return headers

    @property
    def _is_versioned(self) -> bool:
        return bool(self.api_version) and not super()._base.endswith("/v1")

    @property
    def _api(self) -> str:
        """Address of what all deployments share."""
        address = super()._base
        if address.endswith("/v1"):
            return address
        # The portal shows the address of a deployment as well.
        address = address.partition("?")[0].partition("/openai")[0]
        if not self._is_versioned:
            return f"{address}/openai/v1"
        return f"{address}/openai?api-version={quote(self.api_version or '')}"

    @property
    def _base(self) -> str:
        if not self._is_versioned:
            return self._api
        address, _, version = self._api.partition("?")
        return f"{address}/deployments/{quote(self.model)}?{version}"

    def _identity(self) -> Any:
        own = {"model": self.model, "base_url": self._api.partition("/openai")[0]}
        return self.identity or own | self._added_fields(AzureOpenAILLM)

    async def _preflight(self) -> str:
        """Requests the list of models: it is free and reveals a wrong key or address."""
        await list_models(self._api, self._headers, key_variable=self._key_variable)
        return f"Azure does not list deployments: {self.model!r} may not be one."

    def _batch_api(self) -> OpenAIBatchAPI:
        # Batch jobs are those of the whole resource; their paths begin without a version.
        api = f"{redact_urls(self._api.partition('/openai')[0])}/openai/v1"
        return OpenAIBatchAPI(api, self._headers, self._parse, "/")
