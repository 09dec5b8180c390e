"""Recognizes conversations in the OpenAI format."""

from __future__ import annotations

from typing import Any, Final

_ROLES: Final = frozenset({"system", "user", "assistant", "tool"})


def is_openai_format(input: Any) -> bool:
    """Returns True if a value is a conversation: a list of messages with `role` and `content`.

    Args:
        input: Value to check.
    """
    return isinstance(input, list) and all(
        isinstance(message, dict)
        and message.get("role") in _ROLES
        and (
            isinstance(message.get("content"), (str, list))
            # An assistant may only call tools.
            or bool(message.get("tool_calls"))
        )
        for message in input
    )
