"""Protects the common form of tool calls."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.models.wire.tool_calls import (
    arguments_of,
    called_names,
    chosen_name,
    functions,
    schema_of,
    tool_call,
)


def call(id: str, name: str, arguments: Any = "{}") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_call_has_text_arguments_and_an_id() -> None:
    assert tool_call(3, None, "f", {"a": 1}) == call("call_3", "f", '{"a":1}')
    assert tool_call(0, "x", "f", None) == call("x", "f")
    assert tool_call(0, "x", "f", '{"a": 1}') == call("x", "f", '{"a": 1}')


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        ("", {}),
        (None, {}),
        ("not JSON", {"arguments": "not JSON"}),
        ("[1]", {"arguments": [1]}),
    ],
)
def test_arguments_are_an_object_whatever_the_model_wrote(given: Any, read: Any) -> None:
    assert arguments_of(call("x", "f", given)) == read


def test_tools_of_the_provider_stay_apart() -> None:
    own: Any = {"googleSearch": {}}
    function: Any = {"name": "f"}
    tools: list[Any] = [own, {"type": "function", "function": function}]
    assert list(functions(tools)) == [(None, own), (function, tools[1])]
    assert schema_of(function) == {"type": "object", "properties": {}}
    assert chosen_name({"type": "function", "function": {"name": "f"}}) == "f"
    assert chosen_name("auto") is None
    assert chosen_name({"type": "tool", "name": "f"}) is None


def test_a_result_has_the_name_of_the_latest_call_with_its_id() -> None:
    chat: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call("0", "f")]},
        {"role": "tool", "tool_call_id": "0", "content": "a"},
        {"role": "assistant", "content": None, "tool_calls": [call("0", "g")]},
        {"role": "tool", "tool_call_id": "0", "content": "b"},
        {"role": "tool", "tool_call_id": "0", "content": "b", "name": "h"},
        {"role": "tool", "tool_call_id": "1", "content": "c"},
    ]
    assert called_names(chat) == ["", "", "f", "", "g", "h", ""]
