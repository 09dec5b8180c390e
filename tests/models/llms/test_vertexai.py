"""Protects `VertexAILLM`, over HTTP, with a stand-in for the package google-auth."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import VertexAILLM
from distilabel.models.accounting.prices import Usage, price_for
from distilabel.models.client.client import ModelClient
from distilabel.pipeline.observers.opentelemetry import _provider
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
SAID = {
    "candidates": [{"content": {"parts": [{"text": "fine"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 5},
}


class GoogleAuthError(Exception):
    """As in the package."""


class DefaultCredentialsError(GoogleAuthError):
    """As in the package."""


class TransportError(GoogleAuthError):
    """As in the package."""


class Credentials:
    """Credentials whose token has to be renewed once."""

    def __init__(self, fault: str = "") -> None:
        self.valid, self.token, self.renewed, self.fault = False, "", 0, fault

    def refresh(self, request: Any) -> None:
        if self.fault == "offline":
            raise TransportError(self.fault)
        if self.fault:
            raise GoogleAuthError(self.fault)
        self.valid, self.token, self.renewed = True, "ya29.secret-token", self.renewed + 1


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    for name in ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"):
        monkeypatch.delenv(name, raising=False)
    found = Credentials()
    modules: Any = {
        name: ModuleType(name)
        for name in (
            "google",
            "google.auth",
            "google.auth.exceptions",
            "google.auth.transport",
            "google.auth.transport.requests",
        )
    }
    exceptions = modules["google.auth.exceptions"]
    exceptions.GoogleAuthError = GoogleAuthError
    exceptions.TransportError = TransportError
    exceptions.DefaultCredentialsError = DefaultCredentialsError
    modules["google.auth"].exceptions = exceptions
    modules["google.auth"].default = lambda scopes: (found, "mine")
    modules["google.auth.transport.requests"].Request = object
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return found


def loaded(url: str | None = None, **fields: Any) -> VertexAILLM:
    llm = VertexAILLM(**{"model": "gemini-x", "base_url": url, **fields})
    llm.load()
    return llm


async def test_a_conversation_is_asked_with_a_token_that_is_renewed(
    credentials: Credentials,
) -> None:
    async with serving(SAID) as server:
        llm = loaded(server.url)
        output = await ModelClient(llm)([{"role": "system", "content": "Be brief."}, *CHAT], 2)
    assert output["generations"] == ["fine", "fine"]
    assert server.paths[0] == (
        "/v1/projects/mine/locations/us-central1/publishers/google/models/gemini-x:generateContent"
    )
    assert server.bodies[0]["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert server.headers["Authorization"] == "Bearer ya29.secret-token"
    assert credentials.renewed == 1
    assert "ya29" not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"


@pytest.mark.usefixtures("credentials")
def test_project_and_location_are_those_of_field_sdk_environment_or_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def where(**fields: Any) -> tuple[str, str]:
        llm = loaded(**fields)
        return llm._address, llm._project

    assert where() == ("https://us-central1-aiplatform.googleapis.com", "mine")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "other")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "global")
    assert where() == ("https://aiplatform.googleapis.com", "other")
    sdk = ModuleType("google.cloud.aiplatform.initializer")
    sdk.global_config = SimpleNamespace(  # type: ignore[attr-defined]
        _project="sdk", _location="europe-west1", _credentials=Credentials()
    )
    monkeypatch.setitem(sys.modules, "google.cloud.aiplatform.initializer", sdk)
    assert where() == ("https://europe-west1-aiplatform.googleapis.com", "sdk")
    assert where(project="p", location="us-west1") == (
        "https://us-west1-aiplatform.googleapis.com",
        "p",
    )


@pytest.mark.usefixtures("at_once")
async def test_errors_are_those_of_their_kind(credentials: Credentials) -> None:
    exhausted = {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}
    denied = {"code": 403, "message": "no: ya29.secret-token", "status": "PERMISSION_DENIED"}
    async with serving(reply({"error": exhausted}, 429), SAID) as server:
        assert (await ModelClient(loaded(server.url))(CHAT))["generations"] == ["fine"]
    async with serving(reply({"error": denied}, 403)) as server:
        with pytest.raises(EndpointError, match=r"no: \[key\]"):
            await loaded(server.url).agenerate(CHAT)
    credentials.valid, credentials.fault = False, "invalid_grant"
    with pytest.raises(EndpointError, match=r"invalid_grant.*gcloud auth"):
        await loaded("http://x")._preflight()
    credentials.fault = "offline"
    with pytest.raises(AnswerError, match="cannot be reached") as caught:
        await loaded("http://x").agenerate(CHAT)
    assert caught.value.retryable


@pytest.mark.usefixtures("credentials")
def test_what_is_missing_is_told_on_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotImplementedError, match="not a Gemini model"):
        loaded(model="text-bison")
    auth: Any = sys.modules["google.auth"]
    monkeypatch.setattr(auth, "default", lambda scopes: (Credentials(), None))
    with pytest.raises(DistilabelUserError, match="GOOGLE_CLOUD_PROJECT"):
        loaded()

    def none(scopes: Any) -> Any:
        raise DefaultCredentialsError("none found")

    monkeypatch.setattr(auth, "default", none)
    with pytest.raises(DistilabelUserError, match="gcloud auth application-default login"):
        loaded()
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(ImportError, match=r"distilabel\[vertexai\]"):
        loaded()


async def test_its_price_and_its_name_in_telemetry_are_known() -> None:
    llm = VertexAILLM(model="gemini-2.5-flash")
    assert (await price_for(llm))(Usage(1000, 100)) is not None
    assert _provider(llm) == "gcp.vertex_ai"
    assert llm._identity() == VertexAILLM(model="gemini-2.5-flash", location="eu")._identity()
