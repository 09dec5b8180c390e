"""Separates the reasoning of a model from its answer, in all forms that replies have it.

Reasoning in a field of its own never becomes part of the text. A `<think>` block in the text stays
there, as in 1.x: `split_reasoning` is for those who read the answer behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_OPENING: Final = "<think>"
_CLOSING: Final = "</think>"
# Some chat templates put the opening tag into the prompt. Then the closing tag must begin a line or
# end a paragraph; elsewhere, the text merely mentions it.
_CLOSING_ALONE: Final = re.compile(
    r"(?<=\n)</think>|(?<![`'\"])</think>(?=[ \t]*\n[ \t]*\n)|\A</think>", re.ASCII
)
_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_details")
_KEYS: Final = ("text", "summary", "thinking", "content")


def split_reasoning(text: str | None) -> tuple[str | None, str | None]:
    """Splits a text that may begin with a `<think>` block.

    Only a block at the beginning counts. If it is not closed, the answer was cut off.

    Args:
        text: Text of the model.

    Returns:
        The reasoning and the answer; None for each that is missing.
    """
    if text is None:
        return None, None
    begun = text.lstrip()
    if begun.startswith(_OPENING):
        thought, closed, rest = begun.removeprefix(_OPENING).partition(_CLOSING)
        return thought.strip() or None, rest.lstrip() if closed else None
    # Plain search first: the pattern is slow on long texts.
    closing = _CLOSING_ALONE.search(text) if _CLOSING in text else None
    if closing is None:
        return None, text
    thought, rest = text[: closing.start()], text[closing.end() :]
    # A pair of tags, or a tag in a code block, is part of the answer.
    if _OPENING in thought or _CLOSING in thought or thought.count("```") % 2:
        return None, text
    return thought.strip() or None, rest.lstrip()


def message_reasoning(
    message: Mapping[str, Any], text: str | None
) -> tuple[str | None, str | None]:
    """Returns the reasoning in a message of chat completions, and the text.

    Args:
        message: Message that may have a field for the reasoning, as text or in parts.
        text: Content of the message.

    Returns:
        The reasoning, None if the message has no field for it, and the text.
    """
    for field in _FIELDS:
        if words := _words(message.get(field)):
            return words, text.lstrip("\n") if text is not None else None
    content = message.get("content")
    if isinstance(content, list):
        parts = [part for part in content if part.get("type") in ("thinking", "reasoning")]
        if words := _words(parts):
            return words, text
    return None, text


def _words(value: Any) -> str | None:
    """Returns the text of a string, of a part, or of a list of them."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return "\n".join(words for each in value if (words := _words(each))) or None
    if isinstance(value, Mapping):
        return next((words for key in _KEYS if (words := _words(value.get(key)))), None)
    return None
