"""Telling a conversation from other data."""

from __future__ import annotations

from typing import Any, Final

_ROLES: Final = frozenset({"system", "user", "assistant"})


def is_openai_format(input: Any) -> bool:
    """Whether something is a conversation: a list of messages with a role and a content.

    Args:
        input: anything.
    """
    return isinstance(input, list) and all(
        isinstance(message, dict)
        and message.get("role") in _ROLES
        and isinstance(message.get("content"), (str, list))
        for message in input
    )
