"""Protects `CohereLLM`, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import CohereLLM
from distilabel.models.accounting.prices import Usage, price_for
from distilabel.models.client.client import ModelClient
from distilabel.pipeline.observers.opentelemetry import _provider
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
KEY = "co0123456789abcdef"
SAID = {
    "finish_reason": "COMPLETE",
    "message": {"content": [{"type": "text", "text": "fine"}]},
    "usage": {"billed_units": {"input_tokens": 3, "output_tokens": 5}},
}


class Form(BaseModel):
    """The form of an answer."""

    n: int


def loaded(url: str, **fields: Any) -> CohereLLM:
    llm = CohereLLM(**{"model": "m", "base_url": f"{url}/v1", "api_key": KEY, **fields})
    llm.load()
    return llm


async def test_a_conversation_is_asked_and_answered() -> None:
    async with serving(SAID) as server:
        output = await ModelClient(loaded(server.url))(CHAT, 2)
        llm = loaded(server.url, structured_output={"schema": Form})
        await llm.agenerate("Hi", seed=3.0, stop_sequences=("a",))
    assert output["generations"] == ["fine", "fine"]
    assert output["statistics"]["output_tokens"] == [5, 5]
    assert server.seen[0] == ("/v2/chat", {"model": "m", "messages": CHAT, "stream": False})
    body = server.bodies[2]
    assert (body["seed"], body["stop_sequences"]) == (3, ["a"])
    assert body["response_format"]["json_schema"] == Form.model_json_schema()
    assert server.headers["X-Client-Name"] == "distilabel"
    assert server.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.usefixtures("at_once")
async def test_what_may_succeed_later_is_asked_again() -> None:
    async with serving(reply({"message": "slower"}, 429), reply({}, 503), SAID) as server:
        assert (await ModelClient(loaded(server.url))(CHAT))["generations"] == ["fine"]
    assert len(server.seen) == 3


async def test_a_refusal_is_an_error_of_its_kind() -> None:
    wrong = reply({"message": f"invalid api token: {KEY}"}, 401)
    missing = reply({"message": "model 'm' not found, make sure the name is right"}, 404)
    async with serving(wrong, missing, reply({"message": "too many tokens"}, 400)) as server:
        llm = loaded(server.url)
        with pytest.raises(EndpointError, match="COHERE_API_KEY") as caught:
            await llm.agenerate(CHAT)
        with pytest.raises(EndpointError, match="model 'm' not found"):
            await llm.agenerate(CHAT)
        with pytest.raises(AnswerError, match="too many tokens"):
            await llm.agenerate(CHAT)
    assert KEY not in str(caught.value)


async def test_before_the_first_question_the_model_is_checked() -> None:
    async with serving(SAID, models=("m",)) as server:
        assert await loaded(server.url)._preflight() == ""
        assert "no such model" in await loaded(server.url, model="n")._preflight()
    with pytest.raises(EndpointError, match="base_url"):
        await loaded(server.url)._preflight()


def test_key_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHERE_API_KEY", raising=False)
    monkeypatch.delenv("COHERE_BASE_URL", raising=False)
    assert CohereLLM(model="m")._address == "https://api.cohere.com"
    with pytest.raises(DistilabelUserError, match=r"`api_key`.*COHERE_API_KEY"):
        CohereLLM(model="m").load()
    monkeypatch.setenv("COHERE_API_KEY", KEY)
    monkeypatch.setenv("COHERE_BASE_URL", "http://elsewhere/v2/")
    llm = CohereLLM(model="m")
    llm.load()
    assert llm._address == "http://elsewhere"
    assert KEY not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"


async def test_its_price_and_its_name_in_telemetry_are_known() -> None:
    llm = CohereLLM(model="command-r-plus")
    assert (await price_for(llm))(Usage(1000, 100)) is not None
    assert _provider(llm) == "cohere"
