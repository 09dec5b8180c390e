"""`VertexAILLM`: Gemini models through Vertex AI of Google Cloud."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import Annotated, Any, Dict, List, Literal, Optional
from urllib.parse import quote

from pydantic import Field, PrivateAttr
from typing_extensions import TypedDict

from distilabel._core.extras import import_extra
from distilabel._core.serialization import DumpIfSet
from distilabel.errors import (
    AnswerError,
    DistilabelNotImplementedError,
    DistilabelUserError,
    EndpointError,
)
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.generate_content_llm import GenerateContentLLM

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class VertexChatItem(TypedDict):
    """A message, with the roles of Google."""

    role: Literal["user", "model"]
    content: str


VertexChatType = List[VertexChatItem]


class VertexAILLM(GenerateContentLLM):
    """A Gemini model through Vertex AI; requires `pip install "distilabel[vertexai]"`.

    The credentials are those of `gcloud auth application-default login`, of the file that
    `GOOGLE_APPLICATION_CREDENTIALS` names, of the machine, or of `vertexai.init`.

    Attributes:
        model: Name of the model, like `gemini-2.5-flash`.
        project: Project of Google Cloud; read from `GOOGLE_CLOUD_PROJECT` if it is None, or else
            that of the credentials.
        location: Region, or `global`; read from `GOOGLE_CLOUD_LOCATION` if it is None, or else
            `us-central1`.
        base_url: Address of the endpoint, for a private one; None for that of the region.
        timeout: Seconds a request may take.
        max_retries: How often a request is retried after an error.
        structured_output: `schema` (a pydantic class or a JSON schema) that all answers follow.

    Examples:
        Ask one question:

        ```python
        from distilabel.models import VertexAILLM

        llm = VertexAILLM(model="gemini-2.5-flash", project="my-project")
        llm.load()
        llm.generate(inputs=[[{"role": "user", "content": "Hello!"}]])
        ```
    """

    project: Annotated[Optional[RuntimeParameter[str]], DumpIfSet] = Field(
        default=None, description="Project of Google Cloud; None for that of the credentials."
    )
    location: Annotated[Optional[RuntimeParameter[str]], DumpIfSet] = Field(
        default=None, description="Region of Google Cloud, or global."
    )
    base_url: Annotated[Optional[RuntimeParameter[str]], DumpIfSet] = Field(
        default=None, description="Address of a private endpoint."
    )

    _telemetry_provider = "gcp.vertex_ai"
    _key_variable = "GOOGLE_APPLICATION_CREDENTIALS"
    _credentials: Any = PrivateAttr(default=None)
    _project: str = PrivateAttr(default="")
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    def load(self) -> None:
        """Finds the credentials and the project.

        Raises:
            NotImplementedError: The model is not a Gemini model.
            ImportError: The package google-auth is not installed.
            DistilabelUserError: There are no credentials or there is no project, or
                `structured_output` is not valid.
        """
        super().load()
        if "gemini" not in self.model:
            raise DistilabelNotImplementedError(
                f"VertexAILLM: the model {self.model!r} is not a Gemini model. Only those can be "
                "asked through Vertex AI."
            )
        auth = import_extra("google.auth", extra="vertexai", subject="VertexAILLM")
        import_extra("google.auth.exceptions", extra="vertexai", subject="VertexAILLM")
        self._credentials, found = _initialized("_credentials"), None
        if self._credentials is None:
            try:
                self._credentials, found = auth.default(scopes=[_SCOPE])
            except auth.exceptions.DefaultCredentialsError as error:
                raise DistilabelUserError(
                    "VertexAILLM: no credentials of Google Cloud. Run `gcloud auth "
                    "application-default login`, or set the environment variable "
                    f"GOOGLE_APPLICATION_CREDENTIALS to a file with them. ({error})"
                ) from error
        given = self.project or _initialized("_project") or os.getenv("GOOGLE_CLOUD_PROJECT")
        self._project = given or found or ""
        if not self._project:
            raise DistilabelUserError(
                "VertexAILLM: no project. Set `project`, or the environment variable "
                "GOOGLE_CLOUD_PROJECT."
            )
        self._headers = {"Content-Type": "application/json"}

    def unload(self) -> None:
        """Forgets the credentials."""
        self._credentials = None
        super().unload()

    @property
    def _place(self) -> str:
        given = self.location or _initialized("_location") or os.getenv("GOOGLE_CLOUD_LOCATION")
        return given or "us-central1"

    @property
    def _address(self) -> str:
        region = "" if self._place == "global" else f"{self._place}-"
        return (self.base_url or f"https://{region}aiplatform.googleapis.com").rstrip("/")

    @property
    def _model_url(self) -> str:
        project = f"projects/{self._project}/locations/{self._place}"
        return f"{self._address}/v1/{project}/publishers/google/models/{quote(self.model)}"

    def _identity(self) -> Any:
        # Every region serves the same model.
        return self.identity or {"model": self.model} | self._added_fields(VertexAILLM)

    def _endpoint_id(self) -> str:
        return self._model_url

    async def _preflight(self) -> str:
        """Gets a token: it is free and reveals credentials that are not valid."""
        await self._current_headers("", b"")
        return f"Vertex AI does not list the models that the project {self._project!r} may use."

    async def _current_headers(self, url: str, body: bytes) -> Dict[str, str]:
        if not self._credentials.valid:
            await asyncio.to_thread(self._refresh)
        return {**self._headers, "Authorization": f"Bearer {self._credentials.token}"}

    def _refresh(self) -> None:
        requests = import_extra(
            "google.auth.transport.requests", extra="vertexai", subject="VertexAILLM"
        )
        with self._lock:
            if self._credentials.valid:
                # Another request has renewed it in the meantime.
                return
            try:
                self._credentials.refresh(requests.Request())
            except sys.modules["google.auth"].exceptions.TransportError as error:
                raise AnswerError(
                    f"Google Cloud cannot be reached for a token: {error}",
                    retryable=True,
                    overloaded=True,
                ) from error
            except sys.modules["google.auth"].exceptions.GoogleAuthError as error:
                raise EndpointError(
                    f"Google Cloud does not accept the credentials: {error}. Run `gcloud auth "
                    "application-default login`, or check GOOGLE_APPLICATION_CREDENTIALS."
                ) from error


def _initialized(name: str) -> Any:
    """Returns what `vertexai.init` of Google's SDK has set, if the program has called it."""
    module = sys.modules.get("google.cloud.aiplatform.initializer")
    return getattr(getattr(module, "global_config", None), name, None)
