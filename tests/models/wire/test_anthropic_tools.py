"""Protects the conversion of tools, calls and results to Anthropic's messages and back."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from distilabel.models.wire import anthropic_tools, messages

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": SCHEMA},
}


def call(id: str, arguments: str = '{"city":"Rome"}') -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "weather", "arguments": arguments}}


def test_tools_are_converted_and_those_of_the_endpoint_stay() -> None:
    own = {"name": "a", "input_schema": {"type": "object"}}
    assert anthropic_tools.tools([TOOL, own]) == [
        {"name": "weather", "description": "Tells it.", "input_schema": SCHEMA},
        own,
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("auto", {"type": "auto"}),
        ("required", {"type": "any"}),
        ("none", {"type": "none"}),
        ({"type": "function", "function": {"name": "a"}}, {"type": "tool", "name": "a"}),
        ({"type": "any"}, {"type": "any"}),
    ],
)
def test_the_choice_of_a_tool_is_converted(given: Any, expected: Any) -> None:
    assert anthropic_tools.tool_choice(given) == expected


def test_all_results_of_a_message_follow_it_in_one() -> None:
    chat: list[Any] = [
        {"role": "user", "content": "Rome and Oslo?", "tool_calls": None},
        {"role": "assistant", "content": None, "tool_calls": [call("1"), call("2", "not JSON")]},
        {"role": "tool", "tool_call_id": "1", "content": "dry", "name": "weather"},
        {"role": "tool", "tool_call_id": "2", "content": "wet"},
        {"role": "assistant", "content": "Dry and wet."},
    ]
    body = orjson.loads(
        messages.encode_request("m", chat, {"tools": [TOOL], "tool_choice": "auto"})
    )
    uses = [
        {"type": "tool_use", "id": "1", "name": "weather", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "2", "name": "weather", "input": {"arguments": "not JSON"}},
    ]
    results = [
        {"type": "tool_result", "tool_use_id": "1", "content": "dry"},
        {"type": "tool_result", "tool_use_id": "2", "content": "wet"},
    ]
    assert body["messages"] == [
        {"role": "user", "content": "Rome and Oslo?"},
        {"role": "assistant", "content": uses},
        {"role": "user", "content": results},
        {"role": "assistant", "content": "Dry and wet."},
    ]
    assert body["tool_choice"] == {"type": "auto"}


def test_calls_in_a_reply_are_those_of_chat_completions() -> None:
    body = {
        "content": [{"type": "tool_use", "id": "1", "name": "weather", "input": {"city": "Rome"}}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    output: Any = messages.parse_response(orjson.dumps(body))
    assert output["generations"] == [None]
    assert output["tool_calls"] == [[call("1")]]
    # A call of the tool for structured answers is the answer.
    output = messages.parse_response(orjson.dumps(body), "weather")
    assert output["generations"] == ['{"city":"Rome"}']
    assert "tool_calls" not in output
