"""`ConversationTemplate`: a conversation, or None if half of it is missing."""

from __future__ import annotations

from distilabel.steps.formatting.conversation import ConversationTemplate


def test_an_exchange_becomes_two_messages() -> None:
    rows = next(ConversationTemplate().process([{"instruction": "i", "response": "r"}]))
    assert rows[0]["conversation"] == [
        {"role": "user", "content": "i"},
        {"role": "assistant", "content": "r"},
    ]


def test_a_failed_row_passes_through() -> None:
    rows = next(ConversationTemplate().process([{"instruction": "i", "response": None}]))
    assert rows == [{"instruction": "i", "response": None, "conversation": None}]
