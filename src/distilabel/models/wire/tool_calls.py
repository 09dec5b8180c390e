"""Tool calls in the format of chat completions, to and from which the other protocols convert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from distilabel.models.wire import errors


def tool_call(number: int, id: Any, name: Any, arguments: Any) -> dict[str, Any]:
    """Returns a tool call in the format of chat completions.

    Args:
        number: Position among the calls of the reply, which names a call without an id.
        id: Id of the call; None or empty if the server gave none.
        name: Name of the tool.
        arguments: Its arguments, as JSON text or as an object.
    """
    if not isinstance(arguments, str):
        arguments = orjson.dumps(arguments or {}).decode()
    return {
        "id": str(id or f"call_{number}"),
        "type": "function",
        "function": {"name": str(name), "arguments": arguments},
    }


def arguments_of(call: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of a tool call as an object, for protocols that take no text.

    Args:
        call: Tool call, whose arguments may be JSON text that a model wrote: what is not an object
            becomes the only member of one.
    """
    arguments = call["function"].get("arguments") or "{}"
    try:
        given = errors.parse_json(arguments.encode()) if isinstance(arguments, str) else arguments
    except ValueError:
        given = arguments
    return given if isinstance(given, dict) else {"arguments": given}


def functions(tools: Iterable[Any]) -> Iterator[tuple[Mapping[str, Any] | None, Any]]:
    """Yields the function of each tool, and the tool itself.

    Args:
        tools: Tools in the format of chat completions, or in that of a provider, for which the
            function is None.
    """
    for tool in tools:
        function = tool.get("function")
        yield (function if isinstance(function, Mapping) else None), tool


def schema_of(function: Mapping[str, Any]) -> Any:
    """Returns the JSON schema of the arguments of a function, for protocols that require one.

    Args:
        function: Function of a tool.
    """
    return function.get("parameters") or {"type": "object", "properties": {}}


def chosen_name(choice: Any) -> str | None:
    """Returns the name of the function that a `tool_choice` demands; None if it demands none.

    Args:
        choice: `tool_choice` in the format of chat completions.
    """
    function = choice.get("function") if isinstance(choice, Mapping) else None
    return str(function["name"]) if isinstance(function, Mapping) else None


def called_names(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns, for each message, the tool whose result it is; empty for any other message.

    Servers without ids name the calls of every reply alike, so that the latest call counts.

    Args:
        messages: Conversation in the format of chat completions.
    """
    names: dict[Any, str] = {}
    found = []
    for message in messages:
        is_result = message["role"] == "tool"
        given = message.get("name") if is_result else None
        found.append(str(given or names.get(message.get("tool_call_id"), "")) if is_result else "")
        for call in message.get("tool_calls") or ():
            names[call.get("id")] = call["function"]["name"]
    return found
