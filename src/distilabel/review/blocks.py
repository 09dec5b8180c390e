"""Values of rows as blocks that the page shows: texts, conversations, lists and images."""

from __future__ import annotations

from typing import Any

from distilabel.review.markup import markdown_tree

Block = dict[str, Any]


def block(value: Any, name: str) -> Block:
    """Returns a value as a block.

    Args:
        value: Text, conversation, image, or list of them; other values are shown as their text.
        name: Name of the column, with which the page asks for an image.
    """
    if value is None:
        return {"kind": "none"}
    if isinstance(value, str):
        return {"kind": "text", "text": value, "tree": markdown_tree(value)}
    if is_image(value):
        return {"kind": "image", "column": name}
    if is_chat(value):
        turns = [
            {"role": str(turn.get("role")), **_text(plain_text(turn.get("content")))}
            for turn in value
        ]
        return {"kind": "chat", "turns": turns}
    if isinstance(value, list):
        return {"kind": "list", "items": [block(each, name) for each in value]}
    return {"kind": "text", "text": str(value), "tree": None}


def _text(text: str) -> Block:
    return {"text": text, "tree": markdown_tree(text)}


def is_chat(value: Any) -> bool:
    """Whether a value is a conversation: a list of messages with roles."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and "role" in turn for turn in value)
    )


def is_image(value: Any) -> bool:
    """Whether a value is an image as `datasets` stores it."""
    return isinstance(value, dict) and isinstance(value.get("bytes"), bytes)


def plain_text(value: Any) -> str:
    """Returns the text of a value: of a conversation the last message, of parts those with text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if is_chat(value):
        return plain_text(value[-1].get("content"))
    if isinstance(value, list):
        return "\n\n".join(filter(None, map(plain_text, value)))
    if isinstance(value, dict):
        return plain_text(value.get("text"))
    return str(value)
