"""Protects how the tokens of a request are counted."""

from typing import Any

from distilabel._simulated.answers.request import AnswerRequest


def test_input_tokens_count_all_messages_of_all_chats() -> None:
    parts = [{"type": "text", "text": "abcd"}, {"type": "image_url"}]
    chat: list[dict[str, Any]] = [
        {"role": "system", "content": "abcd"},
        {"role": "user", "content": parts},
    ]
    assert AnswerRequest(model="m", chats=[chat]).input_tokens == 2
    assert AnswerRequest(model="m", chats=[chat, chat]).input_tokens == 4


def test_an_empty_chat_counts_one_token() -> None:
    assert AnswerRequest(model="m", chats=[[]]).input_tokens == 1
