"""Protects the wire format of Anthropic as clients see it: messages, tools and errors."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulated_client import Client, serving

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
    "required": ["n", "s"],
    "additionalProperties": False,
}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving() as client:
        yield client


async def test_messages_have_the_shape_of_anthropic(client: Client) -> None:
    messages = [{"role": "user", "content": "Explain tides."}]
    question: Any = {"model": "m", "messages": messages, "max_tokens": 5}
    status, body, headers = await client.post("/v1/messages", question)
    assert status == 200
    assert headers["request-id"]
    assert (body["type"], body["stop_reason"]) == ("message", "max_tokens")
    assert len(body["content"][0]["text"]) == 20
    assert body["usage"] == {"input_tokens": 4, "output_tokens": 5}
    tool = {"name": "form", "input_schema": SCHEMA}
    question |= {"max_tokens": 100, "tools": [tool], "tool_choice": {"type": "any"}}
    _, body, _ = await client.post("/v1/messages", question)
    assert body["stop_reason"] == "tool_use"
    assert set(body["content"][0]["input"]) == {"n", "s"}
    assert (await client.stats())["answered"] == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": [{"role": "system", "content": "a"}]}, "role"),
        ({"tool_choice": {"type": "tool", "name": "x"}}, "tools"),
    ],
)
async def test_an_invalid_request_gets_an_error_in_the_wire_format(
    client: Client, change: dict[str, Any], words: str
) -> None:
    question = {"model": "m", "messages": [{"role": "user", "content": "a"}], "max_tokens": 5}
    status, body, _ = await client.post("/v1/messages", {**question, **change})
    assert (status, body["type"]) == (400, "error")
    assert body["error"]["type"] == "invalid_request_error"
    assert words in body["error"]["message"]
