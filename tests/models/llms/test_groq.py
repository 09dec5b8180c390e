"""Protects what Groq does otherwise than OpenAI, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import AnswerError
from distilabel.models import GroqLLM
from serving import reply, said, serving

pytestmark = pytest.mark.usefixtures("client")

CHAT: Any = [{"role": "user", "content": "Explain tides."}]


def loaded(url: str, **fields: Any) -> GroqLLM:
    llm = GroqLLM(**{"model": "m", "base_url": url, "api_key": "k", **fields})
    llm.load()
    return llm


async def test_what_is_sent() -> None:
    async with serving(said("fine")) as server:
        await loaded(server.url).agenerate(CHAT)
        await loaded(f"{server.url}/openai/v1").agenerate(
            "Hello", seed=3, stop="a", extra_body={"reasoning_effort": "low"}
        )
    plain = {"model": "m", "max_tokens": 128, "temperature": 1.0, "top_p": 1.0}
    hello = [{"role": "user", "content": "Hello"}]
    more = {"seed": 3, "stop": "a", "reasoning_effort": "low", "messages": hello}
    assert server.seen == [
        ("/openai/v1/chat/completions", {**plain, "messages": CHAT}),
        ("/openai/v1/chat/completions", {**plain, **more}),
    ]


async def test_an_answer_that_is_not_the_json_that_was_asked_for_may_be_asked_again() -> None:
    error = {"message": "Failed to validate JSON.", "code": "json_validate_failed"}
    async with serving(reply({"error": error}, 400)) as server:
        with pytest.raises(AnswerError, match="validate JSON") as caught:
            await loaded(server.url).agenerate(CHAT)
    assert caught.value.retryable
