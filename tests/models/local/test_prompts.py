"""Protects how a question becomes a prompt and its tokens."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.models.local.prompts import encode, render
from models.local.stand_ins.tokenizer import CharacterTokenizer
from models.local.worker_packages import chat

SYSTEM: Any = [{"role": "system", "content": "Be kind."}]


def tokenizer(**values: Any) -> CharacterTokenizer:
    made = CharacterTokenizer()
    for name, value in values.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("asked", "prompt"),
    [
        ({"input": "a text"}, "a text"),
        ({"input": chat("Hi"), "suffix": ""}, "[user]Hi[assistant]"),
        # Magpie: the model writes the user's message.
        ({"input": SYSTEM, "suffix": "[user]"}, "[system]Be kind.[user]"),
        ({"input": [], "suffix": "[user]"}, "[user]"),
    ],
)
def test_a_conversation_is_rendered_with_the_template(asked: Any, prompt: str) -> None:
    assert render(tokenizer(), asked) == prompt


def test_without_a_template_the_first_message_is_the_prompt() -> None:
    plain = tokenizer(chat_template=None)
    assert render(plain, {"input": [*SYSTEM, *chat("Hi")]}) == "Be kind."
    assert render(plain, {"input": [], "suffix": "[user]"}) == "[user]"


@pytest.mark.parametrize(
    ("values", "asked", "is_special"),
    [
        # A chat template writes the special tokens itself, and so does Magpie's.
        ({}, {"input": chat("a")}, False),
        ({}, {"input": "a", "suffix": "[user]"}, False),
        ({}, {"input": "a"}, True),
        ({"chat_template": None}, {"input": chat("a")}, True),
        # The text has it already.
        ({"bos_token": "a"}, {"input": "a"}, False),
    ],
)
def test_special_tokens_are_added_once(values: Any, asked: Any, is_special: bool) -> None:
    assert (encode(tokenizer(**values), asked)[0] == 2) is is_special


@pytest.mark.parametrize(
    ("values", "token"),
    [({"bos_token_id": 7, "pad_token_id": 8}, 7), ({"pad_token_id": 8}, 8), ({}, 0)],
)
def test_a_prompt_has_a_token_at_least(values: Any, token: int) -> None:
    assert encode(tokenizer(**values), {"input": [], "suffix": ""}) == [token]
