"""`GeminiLLM`: models of Google through the Gemini API, which takes an API key."""

from __future__ import annotations

from typing import Any, Optional
from urllib.parse import quote

from pydantic import PrivateAttr, SecretStr

from distilabel.errors import AnswerError, EndpointError
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.base_clients.environment import api_key_field, base_url_field, current_key
from distilabel.models.http import transport
from distilabel.models.http.endpoint import error_of, key_fingerprint, require_key
from distilabel.models.llms.generate_content_llm import GenerateContentLLM


class GeminiLLM(GenerateContentLLM):
    """A model of Google through the Gemini API. `VertexAILLM` asks it through Google Cloud.

    Attributes:
        model: Name of the model, like `gemini-2.5-flash`.
        base_url: Address of the endpoint, up to and including its version; read from
            `GEMINI_BASE_URL`.
        api_key: Key of the endpoint; read from `GEMINI_API_KEY`.
        timeout: Seconds a request may take.
        max_retries: How often a request is retried after an error.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import GeminiLLM

        llm = GeminiLLM(model="gemini-2.5-flash", api_key="...")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    base_url: Optional[RuntimeParameter[str]] = base_url_field(
        "GEMINI_BASE_URL",
        "https://generativelanguage.googleapis.com/v1beta",
        "Address of the endpoint, up to and including its version.",
    )
    api_key: Optional[RuntimeParameter[SecretStr]] = api_key_field("GEMINI_API_KEY")

    _telemetry_provider = "gcp.gemini"
    _key_variable = "GEMINI_API_KEY"
    # The key in use since `load`.
    _key: Optional[SecretStr] = PrivateAttr(default=None)

    def load(self) -> None:
        """Checks the key and the structure.

        Raises:
            DistilabelUserError: There is no key, or `structured_output` is not valid.
        """
        super().load()
        self._key = require_key(current_key(self), self, self._key_variable)
        # Not in the address, which logs may show.
        key = self._key.get_secret_value()
        self._headers = {"Content-Type": "application/json", "x-goog-api-key": key}

    def unload(self) -> None:
        """Forgets the key."""
        self._key = None
        super().unload()

    @property
    def _model_url(self) -> str:
        base = (self.base_url or "").strip().rstrip("/")
        return f"{base}/models/{quote(self.model.removeprefix('models/'))}"

    def _identity(self) -> Any:
        return self.identity or {"url": self._model_url} | self._added_fields(GeminiLLM)

    def _endpoint_id(self) -> str:
        return f"{self._model_url} {key_fingerprint(self._key or self.api_key)}"

    async def _preflight(self) -> str:
        """Requests what is known of the model: it is free and reveals a wrong key or model.

        Raises:
            EndpointError: The endpoint cannot be reached, rejects the key or lacks the model.
        """
        try:
            reply = await transport.send("GET", self._model_url, headers=self._headers, timeout=30)
        except AnswerError as error:
            raise EndpointError(f"{error}. Check the base_url. No question was sent.") from error
        if reply.status == 200:
            return ""
        refusal = error_of(reply, self._headers, self._model_url, self._key_variable)
        if isinstance(refusal, EndpointError):
            raise refusal
        return f"{refusal}."
