"""The prompt part of training rows: the prompt text, its identifier, and the messages."""

from __future__ import annotations

import hashlib
from typing import Any

from distilabel.steps.column_checks import optional_chat_in, optional_text_in

Messages = list[dict[str, Any]]


def prompt_id(prompt: str) -> str:
    """Returns the SHA-256 of a prompt as 64 hexadecimal digits."""
    # Text from a model may contain half a surrogate pair, which strict UTF-8 rejects.
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def text_prompt(step: Any, row: dict[str, Any]) -> tuple[str | None, Messages]:
    """Returns the prompt of a row with an instruction.

    Args:
        step: Step that needs it, for errors.
        row: Row with `instruction` and optionally `system_prompt`.

    Returns:
        The instruction, and the messages before the answer: the system prompt, if the row has
        one, and the instruction.

    Raises:
        DistilabelUserError: The instruction is neither a text nor None.
    """
    user = {"role": "user", "content": optional_text_in(step, row, "instruction")}
    system = row.get("system_prompt")
    if isinstance(system, str) and system:
        return row["instruction"], [{"role": "system", "content": system}, user]
    return row["instruction"], [user]


def chat_prompt(step: Any, row: dict[str, Any]) -> tuple[str | None, Messages | None]:
    """Returns the prompt of a row with a conversation.

    Args:
        step: Step that needs it, for errors.
        row: Row with `messages`.

    Returns:
        The first user message, None if there is none, and the messages of the row.

    Raises:
        DistilabelUserError: The messages are neither a conversation nor None.
    """
    messages = optional_chat_in(step, row, "messages")
    return (None if messages is None else first_user_message(messages)), messages


def first_user_message(messages: Messages) -> str | None:
    """Returns the text of the first user message, without images; None if there is none."""
    for message in messages:
        if message["role"] == "user":
            content = message["content"]
            if isinstance(content, str):
                return content
            return "\n".join(part["text"] for part in content if part["type"] == "text")
    return None


def with_answer(messages: Messages, answer: str) -> Messages:
    """Returns a new list: the messages, followed by the answer as an assistant message."""
    return [*messages, {"role": "assistant", "content": answer}]
