"""Which tool the simulated model calls, and the id of its call."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from distilabel._simulated.answers.text import last_user_text

_EMPTY: Mapping[str, Any] = {"type": "object", "properties": {}}


def chosen_tool(
    tools: Sequence[Mapping[str, Any]] | None, choice: Any, messages: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Returns the tool that the simulated model calls; None if it answers with a text.

    If it may choose, it calls one after a message of the user, and answers after a result.

    Args:
        tools: Tools in the format of chat completions.
        choice: `tool_choice` of the request.
        messages: Messages of the chat.

    Returns:
        The tool, with its `name` and `input_schema`.

    Raises:
        ValueError: A tool has no name, or the chosen one does not exist.
    """
    if not tools or choice == "none":
        return None
    functions = [tool.get("function") for tool in tools]
    named = [f for f in functions if isinstance(f, Mapping) and isinstance(f.get("name"), str)]
    if len(named) < len(functions):
        raise ValueError("'tools' must be functions with a 'name'")
    if isinstance(choice, Mapping):
        name = (choice.get("function") or {}).get("name")
        named = [function for function in named if function["name"] == name]
        if not named:
            raise ValueError(f"'tool_choice' names {name!r}, which is not in 'tools'")
    elif choice != "required" and messages and messages[-1].get("role") == "tool":
        return None
    digest = blake2b(last_user_text(messages).encode("utf-8", "replace"), digest_size=4).digest()
    function = named[int.from_bytes(digest, "big") % len(named)]
    return {"name": function["name"], "input_schema": function.get("parameters") or _EMPTY}


def tool_call(tool: Mapping[str, Any], arguments: str | None, seed: str) -> dict[str, Any]:
    """Returns a tool call in the format of chat completions.

    Args:
        tool: The tool.
        arguments: Its arguments, as JSON.
        seed: Tells equal calls of different requests apart.
    """
    text = f"{seed} {tool['name']} {arguments}".encode("utf-8", "replace")
    return {
        "id": f"call_{blake2b(text, digest_size=12).hexdigest()}",
        "type": "function",
        "function": {"name": tool["name"], "arguments": arguments or "{}"},
    }
