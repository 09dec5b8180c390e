"""Converts tools, their calls and results between chat completions and Anthropic's messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from distilabel.models.wire.tool_calls import (
    arguments_of,
    chosen_name,
    functions,
    schema_of,
    tool_call,
)

_CHOICES: Final = {"auto": "auto", "none": "none", "required": "any"}


def tools(given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Converts tools; those in Anthropic's format stay as they are.

    Args:
        given: Tools in the format of chat completions, with a `function`.
    """
    converted = []
    for function, tool in functions(given):
        if function is None:
            converted.append(tool)
            continue
        new = {"name": function["name"], "input_schema": schema_of(function)}
        new |= {key: function[key] for key in ("description", "strict") if function.get(key)}
        converted.append(new)
    return converted


def tool_choice(given: Any) -> Any:
    """Converts a tool choice; one in Anthropic's format stays as it is.

    Args:
        given: `"auto"`, `"none"`, `"required"`, or a dict that names a function.
    """
    if isinstance(given, str):
        return {"type": _CHOICES.get(given, given)}
    name = chosen_name(given)
    return given if name is None else {"type": "tool", "name": name}


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
        tool_call(number, block["id"], block["name"], block["input"])
        for number, block in enumerate(blocks)
        if block["type"] == "tool_use" and block["name"] != but
    ]
    return calls or None


def _tool_use(call: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": call.get("id"),
        "name": call["function"]["name"],
        "input": arguments_of(call),
    }
