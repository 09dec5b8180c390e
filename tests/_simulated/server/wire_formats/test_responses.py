"""Protects the wire format of OpenAI's responses as clients see it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulated_client import Client, serving

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOLS = [{"type": "function", "name": "weather", "parameters": SCHEMA}]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving() as client:
        yield client


async def ask(client: Client, given: Any = "Explain tides.", **options: Any) -> Any:
    status, body, _ = await client.post("/v1/responses", {"model": "m", "input": given, **options})
    assert status == 200, body
    return body


async def test_a_response_has_the_shape_and_usage_of_openai(client: Client) -> None:
    body = await ask(client)
    (message,) = body["output"]
    (part,) = message["content"]
    chat = await client.chat()
    # The same question has the same answer, whichever way it is asked.
    assert part["text"] == chat["choices"][0]["message"]["content"]
    assert (body["object"], body["status"]) == ("response", "completed")
    assert body["usage"]["input_tokens"] == chat["usage"]["prompt_tokens"]
    assert body["usage"]["output_tokens"] == chat["usage"]["completion_tokens"]
    parts = [{"type": "input_text", "text": "Explain tides."}]
    again = await ask(client, [{"role": "user", "content": parts}])
    assert again["output"][0]["content"][0]["text"] == part["text"]


async def test_a_maximum_of_tokens_cuts_and_is_reported(client: Client) -> None:
    body = await ask(client, max_output_tokens=3)
    assert body["status"] == "incomplete"
    assert body["incomplete_details"] == {"reason": "max_output_tokens"}
    assert body["usage"]["output_tokens"] == 3


async def test_a_schema_and_log_probabilities_are_followed(client: Client) -> None:
    format = {"type": "json_schema", "name": "a", "schema": SCHEMA}
    options = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    body = await ask(client, text={"format": format}, **options)
    (part,) = body["output"][0]["content"]
    assert json.loads(part["text"]).keys() == {"n"}
    assert "".join(token["token"] for token in part["logprobs"]) == part["text"]


async def test_a_tool_is_called_and_its_result_is_answered(client: Client) -> None:
    user = {"role": "user", "content": "Rain?"}
    (call,) = (await ask(client, [user], tools=TOOLS))["output"]
    assert (call["type"], call["name"]) == ("function_call", "weather")
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Yes."}
    (message,) = (await ask(client, [user, call, result], tools=TOOLS))["output"]
    assert message["type"] == "message"
    choice = {"type": "function", "name": "weather"}
    (call,) = (await ask(client, [user, call, result], tools=TOOLS, tool_choice=choice))["output"]
    assert call["type"] == "function_call"


@pytest.mark.parametrize(
    ("body", "message"),
    [({"model": "m", "input": []}, "'messages'"), ({"input": "a"}, "'model'")],
)
async def test_an_invalid_request_gets_an_error_that_says_why(
    client: Client, body: Any, message: str
) -> None:
    status, reply, _ = await client.post("/v1/responses", body)
    assert status == 400
    assert message in reply["error"]["message"]
