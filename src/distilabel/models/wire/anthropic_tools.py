"""Converts tools, their calls and results between chat completions and Anthropic's messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from distilabel.models.wire import errors

_CHOICES: Final = {"auto": "auto", "none": "none", "required": "any"}


def tools(given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Converts tools; those in Anthropic's format stay as they are.

    Args:
        given: Tools in the format of chat completions, with a `function`.
    """
    converted = []
    for tool in given:
        function = tool.get("function")
        if not isinstance(function, dict):
            converted.append(tool)
            continue
        schema = function.get("parameters") or {"type": "object", "properties": {}}
        new = {"name": function["name"], "input_schema": schema}
        if function.get("description"):
            new["description"] = function["description"]
        converted.append(new)
    return converted


def tool_choice(given: Any) -> Any:
    """Converts a tool choice; one in Anthropic's format stays as it is.

    Args:
        given: `"auto"`, `"none"`, `"required"`, or a dict that names a function.
    """
    if isinstance(given, str):
        return {"type": _CHOICES.get(given, given)}
    if given.get("type") == "function":
        return {"type": "tool", "name": given["function"]["name"]}
    return given


def messages(given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Converts tool calls of assistants, and the messages with their results.

    All results of one message must follow it in a single user message.

    Args:
        given: Messages whose content is converted already.
    """
    converted: list[dict[str, Any]] = []
    is_result = False
    for message in given:
        message = {key: value for key, value in message.items() if key != "name"}
        calls = message.pop("tool_calls", None)
        if message["role"] == "tool":
            result = {
                "type": "tool_result",
                "tool_use_id": message.get("tool_call_id"),
                "content": message["content"],
            }
            if is_result:
                converted[-1]["content"].append(result)
            else:
                converted.append({"role": "user", "content": [result]})
            is_result = True
            continue
        is_result = False
        if calls:
            content = message["content"]
            if isinstance(content, str):
                content = [{"type": "text", "text": content}] if content else []
            message = {**message, "content": [*content, *map(_tool_use, calls)]}
        converted.append(message)
    return converted


def tool_calls(
    blocks: Sequence[dict[str, Any]], but: str | None = None
) -> list[dict[str, Any]] | None:
    """Returns the tool calls in a reply, as in chat completions; None if there are none.

    Args:
        blocks: Content of the reply.
        but: Name of the tool for structured answers, which is none of the user's.
    """
    calls = [
        {
            "id": str(block["id"]),
            "type": "function",
            "function": {
                "name": str(block["name"]),
                "arguments": orjson.dumps(block["input"]).decode(),
            },
        }
        for block in blocks
        if block["type"] == "tool_use" and block["name"] != but
    ]
    return calls or None


def _tool_use(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = function.get("arguments") or "{}"
    try:
        given = errors.parse_json(arguments.encode()) if isinstance(arguments, str) else arguments
    except ValueError:
        given = {"arguments": arguments}
    if not isinstance(given, dict):
        # The endpoint takes objects only.
        given = {"arguments": given}
    return {"type": "tool_use", "id": call.get("id"), "name": function["name"], "input": given}
