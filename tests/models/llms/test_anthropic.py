"""Protects `AnthropicLLM`, over real HTTP."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import BaseModel

from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.server.server import running
from distilabel._simulated.server.settings import Settings
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models import AnthropicLLM
from distilabel.models.accounting.prices import Usage, price_for
from distilabel.models.client.client import ModelClient
from serving import reply, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]
SAID = {
    "content": [{"type": "text", "text": "fine"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 5},
}


class Form(BaseModel):
    """The form of an answer."""

    n: int


def loaded(url: str, **fields: Any) -> AnthropicLLM:
    llm = AnthropicLLM(**{"model": "m", "base_url": url, "api_key": "k", **fields})
    llm.load()
    return llm


async def test_a_conversation_is_asked_and_answered() -> None:
    async with running(Settings(api_key="k")) as url:
        output = await loaded(url).agenerate([{"role": "system", "content": "Be brief."}, *CHAT])
        several = await ModelClient(loaded(f"{url}/v1/"))(CHAT, 2)
        text = await loaded(url).agenerate("Explain tides.")
    assert output["generations"][0]
    assert output["statistics"]["input_tokens"] == [6]
    assert len(several["generations"]) == 2
    assert text["generations"] == several["generations"][:1]


async def test_what_is_sent() -> None:
    async with serving(SAID) as server:
        await loaded(server.url).agenerate(CHAT)
        await loaded(server.url).agenerate(
            CHAT,
            max_tokens=7,
            stop_sequences=["a"],
            temperature=0.5,
            top_p=0.9,
            top_k=3,
            extra_body={"metadata": {"user_id": "u"}},
        )
    first = {"model": "m", "messages": CHAT, "max_tokens": 128, "temperature": 1.0}
    second = {
        **first,
        "max_tokens": 7,
        "stop_sequences": ["a"],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 3,
        "metadata": {"user_id": "u"},
    }
    assert server.seen == [("/v1/messages", first), ("/v1/messages", second)]
    assert server.headers["x-api-key"] == "k"
    assert server.headers["anthropic-version"] == "2023-06-01"
    # vLLM, for one, looks for the key there; the provider itself does not need it.
    assert server.headers["Authorization"] == "Bearer k"
    assert "Authorization" not in loaded("https://api.anthropic.com")._headers


async def test_answers_follow_the_structure_and_one_of_the_input_wins() -> None:
    schema = {"title": "Other", "type": "object", "properties": {"m": {"type": "boolean"}}}
    other: Any = {"schema": {**schema, "required": ["m"]}}
    async with running(Settings()) as url:
        llm = loaded(url, structured_output={"schema": Form})
        own = (await llm.agenerate(CHAT))["generations"][0]
        given = (await llm.agenerate((CHAT, other)))["generations"][0]
        with pytest.raises(AnswerError, match="length"):
            await llm.agenerate(CHAT, max_tokens=1)
    assert Form.model_validate_json(own or "").n is not None
    assert '"m":' in (given or "")


@pytest.mark.parametrize(
    "structure",
    [{"format": "json"}, {"schema": {"type": "array"}}, {"format": "regex", "schema": "a|b"}],
)
def test_a_structure_without_schema_of_an_object_is_told_on_loading(structure: Any) -> None:
    llm = AnthropicLLM(model="m", api_key="k")
    # As a runtime parameter of a dump may bring it: unchecked.
    llm.__dict__["structured_output"] = structure
    with pytest.raises(DistilabelUserError, match="schema"):
        llm.load()


def test_a_missing_key_names_argument_and_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(ValueError, match=r"`api_key`.*ANTHROPIC_API_KEY"):
        AnthropicLLM(model="m").load()


def test_key_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from the environment")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://elsewhere")
    llm = AnthropicLLM(model="m")
    assert llm.base_url == "http://elsewhere"
    assert llm.api_key is not None
    assert llm.api_key.get_secret_value() == "from the environment"
    assert "from the environment" not in f"{llm!r} {llm.dump()} {llm._endpoint_id()}"


async def test_before_the_first_question_key_address_and_model_are_checked() -> None:
    async with running(Settings(models=("claude-small",), api_key="k")) as url:
        await loaded(url, model="claude-small")._preflight()
        with pytest.raises(EndpointError, match="did you mean 'claude-small'"):
            await loaded(url, model="claude-smal")._preflight()
        with pytest.raises(EndpointError, match="rejects the key"):
            await loaded(url, model="claude-small", api_key="wrong")._preflight()
    with pytest.raises(EndpointError, match="base_url"):
        await loaded(url)._preflight()


def failing(status: int, kind: str, message: str) -> Any:
    error = {"type": "error", "error": {"type": kind, "message": message}}
    return reply(error, status, request_id="req_7", retry_after="2")


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected", "retryable"),
    [
        (400, "invalid_request_error", "prompt is too long: 9 tokens > 8", AnswerError, False),
        (400, "invalid_request_error", "Your credit balance is too low", EndpointError, False),
        (401, "authentication_error", "invalid x-api-key", EndpointError, False),
        (404, "not_found_error", "model: m", EndpointError, False),
        (413, "request_too_large", "Request exceeds the maximum size", AnswerError, False),
        (429, "rate_limit_error", "Slower, please", AnswerError, True),
        (529, "overloaded_error", "Overloaded", AnswerError, True),
    ],
)
async def test_a_refusal_is_an_error_of_its_kind(
    status: int, kind: str, message: str, expected: type[Exception], retryable: bool
) -> None:
    async with serving(failing(status, kind, message)) as server:
        with pytest.raises(expected, match=message) as caught:
            await loaded(server.url).agenerate(CHAT)
    error: Any = caught.value
    assert error.retryable is retryable
    if isinstance(error, AnswerError):
        assert error.retry_after == 2
        assert "req_7" in str(error.raw)


@pytest.mark.usefixtures("at_once")
async def test_faults_are_outlived() -> None:
    shares = {"529": 0.2, "malformed": 0.2, "drop": 0.2, "no_choices": 0.1}
    async with running(Settings(faults=Faults.parse(shares), seed=3)) as url:
        model_client = ModelClient(loaded(url, max_retries=50))
        outputs = await model_client.ask_all(
            [[{"role": "user", "content": str(i)}] for i in range(20)]
        )
    assert all(output["generations"][0] for output in outputs)


async def test_its_price_is_known_and_what_was_cached_costs_less() -> None:
    price = await price_for(AnthropicLLM(model="claude-3-5-haiku-latest"))
    whole, cached = price(Usage(1000, 100)), price(Usage(1000, 100, 900))
    assert whole is not None
    assert cached is not None
    assert 0 < cached < whole


def test_a_client_of_the_users_own_is_not_dumped_and_not_used(
    caplog: pytest.LogCaptureFixture,
) -> None:
    llm = AnthropicLLM(model="m", api_key="k", http_client=object())
    assert "http_client" not in llm.dump()
    with caplog.at_level(logging.WARNING):
        llm.load()
    assert "HTTPS_PROXY" in caplog.text


def test_a_dump_makes_the_same_model_again() -> None:
    llm = AnthropicLLM(model="m", generation_kwargs={"max_tokens": 5})
    assert AnthropicLLM.from_dict(llm.dump()).dump() == llm.dump()


async def test_reasoning_is_kept_apart() -> None:
    async with running(Settings()) as url:
        plain = await loaded(url).agenerate(CHAT, max_tokens=500)
    async with running(Settings(reasoning="reasoning")) as url:
        output = await loaded(url).agenerate(CHAT, max_tokens=500)
        with pytest.raises(AnswerError, match="all 3 tokens thinking: raise max_tokens"):
            await loaded(url).agenerate(CHAT, max_tokens=3)
    assert output["generations"] == plain["generations"]
    assert "Let me think" in (output["reasoning"][0] or "")


async def test_a_model_that_thinks_answers_with_structure() -> None:
    extra = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    async with running(Settings(reasoning="reasoning")) as url:
        llm = loaded(url, structured_output={"schema": Form})
        output = await llm.agenerate(CHAT, extra_body=extra)
    assert Form.model_validate_json(output["generations"][0] or "").n is not None
    assert output["reasoning"][0]


async def test_a_model_that_takes_no_temperature_is_asked_without() -> None:
    async with running(Settings(refuses=("temperature",))) as url:
        assert (await loaded(url).agenerate(CHAT, temperature=0.3))["generations"][0]
