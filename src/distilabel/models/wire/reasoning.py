"""What a model thought, kept apart from what it answered, whichever way a reply holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_OPENING: Final = "<think>"
_CLOSING: Final = "</think>"
# Without the opening tag, which some chat templates put into the prompt, the closing one has to
# begin a line or end a paragraph: elsewhere a text speaks of it.
_CLOSING_ALONE: Final = re.compile(
    r"(?<=\n)</think>|(?<![`'\"])</think>(?=[ \t]*\n[ \t]*\n)|\A</think>", re.ASCII
)
_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_details")
_KEYS: Final = ("text", "summary", "thinking", "content")


def split_reasoning(text: str | None) -> tuple[str | None, str | None]:
    """What was thought and what was answered, of a text that may begin with a `<think>` block.

    A block counts at the beginning of the text only. One that is not closed was cut off: then
    there is no answer.

    Args:
        text: of the model.

    Returns:
        The reasoning, None where there is none, and the text after it.
    """
    if text is None:
        return None, None
    begun = text.lstrip()
    if begun.startswith(_OPENING):
        thought, closed, rest = begun.removeprefix(_OPENING).partition(_CLOSING)
        return thought.strip() or None, rest.lstrip() if closed else None
    # Looked for before the pattern is, which takes long on a long text.
    closing = _CLOSING_ALONE.search(text) if _CLOSING in text else None
    if closing is None:
        return None, text
    thought, rest = text[: closing.start()], text[closing.end() :]
    # Spoken of, not thought: tags of a pair, or a tag in a block of code.
    if _OPENING in thought or _CLOSING in thought or thought.count("```") % 2:
        return None, text
    return thought.strip() or None, rest.lstrip()


def message_reasoning(
    message: Mapping[str, Any], text: str | None
) -> tuple[str | None, str | None]:
    """What was thought and what was answered, of a message of chat completions.

    Args:
        message: which may have a field for the reasoning, as text or in parts.
        text: its content.
    """
    for field in _FIELDS:
        if words := _words(message.get(field)):
            return words, text.lstrip("\n") if text is not None else None
    content = message.get("content")
    if isinstance(content, list):
        parts = [part for part in content if part.get("type") in ("thinking", "reasoning")]
        if words := _words(parts):
            return words, text
    return split_reasoning(text)


def _words(value: Any) -> str | None:
    """The words of a text, of a part with a text, or of a list of them."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return "\n".join(words for each in value if (words := _words(each))) or None
    if isinstance(value, Mapping):
        return next((words for key in _KEYS if (words := _words(value.get(key)))), None)
    return None
