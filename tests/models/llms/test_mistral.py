"""Protects what Mistral does otherwise than OpenAI, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import EndpointError
from distilabel.models import MistralLLM
from distilabel.models.accounting.prices import Usage, price_for
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]


def loaded(url: str, **fields: Any) -> MistralLLM:
    llm = MistralLLM(**{"model": "m", "endpoint": url, "api_key": "k", **fields})
    llm.load()
    return llm


async def test_only_what_is_set_is_sent() -> None:
    """Mistral rejects fields that it does not know."""
    async with serving(said("fine")) as server:
        await loaded(server.url).agenerate(CHAT)
        extra = {"random_seed": 3}
        await loaded(f"{server.url}/v1/").agenerate("Hello", max_new_tokens=5, extra_body=extra)
    hello = [{"role": "user", "content": "Hello"}]
    assert server.seen == [
        ("/v1/chat/completions", {"model": "m", "messages": CHAT}),
        (
            "/v1/chat/completions",
            {"model": "m", "messages": hello, "max_tokens": 5, "random_seed": 3},
        ),
    ]


async def test_reasoning_is_kept_apart() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "The moon."}]}
    message = {"content": [thought, {"type": "text", "text": "They rise."}]}
    body = {**said(), "choices": [{"message": message, "finish_reason": "stop"}]}
    async with serving(body) as server:
        output: Any = await loaded(server.url).agenerate(CHAT)
    assert (output["generations"], output["reasoning"]) == (["They rise."], ["The moon."])


async def test_an_unknown_model_ends_the_run() -> None:
    error = {"object": "error", "message": "Invalid model: m", "type": "invalid_model"}
    async with serving(reply({**error, "param": None, "code": "1500"}, 400)) as server:
        with pytest.raises(EndpointError, match="does not know the model"):
            await loaded(server.url).agenerate(CHAT)


def test_the_number_of_requests_in_flight_is_that_of_1_x() -> None:
    assert MistralLLM(model="m").max_concurrency == 64
    assert MistralLLM(model="m", max_concurrent_requests=3).max_concurrency == 3
    assert MistralLLM(model="m", max_concurrency=5).max_concurrency == 5
    assert "max_concurrent_requests" not in str(MistralLLM(model="m")._identity())


async def test_its_price_is_known() -> None:
    price = await price_for(MistralLLM(model="mistral-small-latest"))
    assert price(Usage(1000, 100)) is not None
