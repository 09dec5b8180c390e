"""Every value of a row has a form on the page."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.review.blocks import block, plain_text

CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "*Hello*"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "image_url"}]}]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "none"),
        ("x", "text"),
        (CHAT, "chat"),
        (["a", None], "list"),
        ([], "list"),
        ({"bytes": b"x", "path": None}, "image"),
        (3, "text"),
    ],
)
def test_kinds(value: Any, kind: str) -> None:
    assert block(value, "column")["kind"] == kind


def test_conversations_and_their_parts() -> None:
    turns = block(CHAT, "c")["turns"]
    assert [(t["role"], t["text"]) for t in turns] == [("user", "Hi"), ("assistant", "*Hello*")]
    assert turns[1]["tree"] == [["p", {}, [["em", {}, ["Hello"]]]]]
    assert block(PARTS, "c")["turns"][0]["text"] == "Look"
    assert plain_text(CHAT) == "*Hello*"
    assert plain_text(["a", None, "b"]) == "a\n\nb"
    assert plain_text(3) == "3"
