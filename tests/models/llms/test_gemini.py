"""Protects `GeminiLLM`, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import GeminiLLM
from distilabel.models.accounting.prices import Usage, price_for
from distilabel.models.client.client import ModelClient
from distilabel.pipeline.observers.opentelemetry import _provider
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
KEY = "AIzaSy0123456789"
SAID = {
    "candidates": [{"content": {"parts": [{"text": "fine"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 5},
}


class Form(BaseModel):
    """The form of an answer."""

    n: int


def loaded(url: str, **fields: Any) -> GeminiLLM:
    llm = GeminiLLM(**{"model": "m", "base_url": f"{url}/v1beta", "api_key": KEY, **fields})
    llm.load()
    return llm


def failing(status: int, kind: str, message: str, reason: str = "") -> Any:
    error = {"code": status, "message": message, "status": kind, "details": [{"reason": reason}]}
    return reply({"error": error}, status)


async def test_a_conversation_is_asked_and_answered() -> None:
    async with serving(SAID) as server:
        output = await ModelClient(loaded(server.url))(CHAT, 2)
        await loaded(server.url, structured_output={"schema": Form}).agenerate("Hi", top_k=2)
    assert output["generations"] == ["fine", "fine"]
    assert output["statistics"]["input_tokens"] == [3, 3]
    contents = [{"role": "user", "parts": [{"text": "Explain tides."}]}]
    assert server.seen[0] == ("/v1beta/models/m:generateContent", {"contents": contents})
    config = server.bodies[2]["generationConfig"]
    assert (config["topK"], config["responseJsonSchema"]) == (2, Form.model_json_schema())
    assert server.headers["x-goog-api-key"] == KEY


@pytest.mark.usefixtures("at_once")
async def test_what_may_succeed_later_is_asked_again() -> None:
    slower = failing(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.")
    async with serving(slower, failing(503, "UNAVAILABLE", "Overloaded."), SAID) as server:
        output = await ModelClient(loaded(server.url))(CHAT)
    assert output["generations"] == ["fine"]
    assert len(server.seen) == 3


async def test_a_refusal_is_an_error_of_its_kind() -> None:
    wrong = failing(400, "INVALID_ARGUMENT", f"API key not valid: {KEY}", "API_KEY_INVALID")
    missing = failing(404, "NOT_FOUND", "models/m is not found for API version v1beta")
    bad = failing(400, "INVALID_ARGUMENT", "Invalid JSON payload")
    async with serving(wrong, missing, bad) as server:
        llm = loaded(server.url)
        with pytest.raises(EndpointError, match=r"rejects the key.*GEMINI_API_KEY") as caught:
            await llm.agenerate(CHAT)
        with pytest.raises(EndpointError, match="models/m is not found"):
            await llm.agenerate(CHAT)
        with pytest.raises(AnswerError, match="Invalid JSON payload"):
            await llm.agenerate(CHAT)
    assert KEY not in str(caught.value)


async def test_before_the_first_question_key_and_model_are_checked() -> None:
    async with serving(SAID, models=("m",)) as server:
        assert await loaded(server.url)._preflight() == ""
        with pytest.raises(EndpointError, match="no such model"):
            await loaded(server.url, model="n")._preflight()
    with pytest.raises(EndpointError, match="base_url"):
        await loaded(server.url)._preflight()


def test_key_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    with pytest.raises(DistilabelUserError, match=r"`api_key`.*GEMINI_API_KEY"):
        GeminiLLM(model="m").load()
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    llm = GeminiLLM(model="m")
    llm.load()
    assert KEY not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"
    assert GeminiLLM.from_dict(llm.dump())._identity() == llm._identity()
    with pytest.raises(DistilabelUserError, match="'regex'"):
        GeminiLLM(model="m", structured_output={"format": "regex", "schema": "a"}).load()


async def test_its_price_and_its_name_in_telemetry_are_known() -> None:
    llm = GeminiLLM(model="gemini-2.5-flash")
    assert (await price_for(llm))(Usage(1000, 100)) is not None
    assert _provider(llm) == "gcp.gemini"
