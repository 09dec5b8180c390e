"""What prompts of training data have in common: a first user message and an identifier.

Knows messages, not rows.
"""

from __future__ import annotations

import hashlib
from typing import Any


def prompt_id(prompt: str) -> str:
    """SHA-256 of the prompt, as 64 hexadecimal digits."""
    # Half a surrogate pair is no UTF-8, and text from a model may hold one.
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def opening(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages before the answer: the system prompt of the row, if any, and the instruction."""
    user = {"role": "user", "content": row["instruction"]}
    system = row.get("system_prompt")
    if isinstance(system, str) and system:
        return [{"role": "system", "content": system}, user]
    return [user]


def first_user_message(messages: list[dict[str, Any]]) -> str | None:
    """What the user says first, images left out; None if the user says nothing."""
    for message in messages:
        if message["role"] == "user":
            content = message["content"]
            if isinstance(content, str):
                return content
            return "\n".join(part["text"] for part in content if part["type"] == "text")
    return None


def answered(messages: list[dict[str, Any]], answer: str) -> list[dict[str, Any]]:
    """The messages and an answer to them, as a new list."""
    return [*messages, {"role": "assistant", "content": answer}]
