"""The prompt of a row and the messages before the answer, as the formatting steps read them."""

from __future__ import annotations

import hashlib

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.formatting.prompts import (
    chat_prompt,
    first_user_message,
    prompt_id,
    text_prompt,
    with_answer,
)
from distilabel.steps.formatting.sft import FormatChatGenerationSFT

STEP = FormatChatGenerationSFT(name="f")
USER = {"role": "user", "content": "i"}
SYSTEM = {"role": "system", "content": "s"}


def test_an_identifier_is_the_hash_of_the_text_whatever_is_in_it() -> None:
    assert prompt_id("ä") == hashlib.sha256("ä".encode()).hexdigest()
    assert prompt_id("\ud83d") != prompt_id("\ud83e")


@pytest.mark.parametrize(
    ("system", "messages"), [("s", [SYSTEM, USER]), ("", [USER]), (None, [USER]), (3, [USER])]
)
def test_a_system_prompt_counts_only_if_it_is_text(system: object, messages: list[object]) -> None:
    assert text_prompt(STEP, {"instruction": "i", "system_prompt": system}) == ("i", messages)


def test_a_row_without_an_instruction_has_no_prompt() -> None:
    assert text_prompt(STEP, {"instruction": None})[0] is None


def test_the_prompt_of_a_conversation_is_its_first_user_message() -> None:
    messages = [SYSTEM, USER, {"role": "user", "content": "later"}]
    assert chat_prompt(STEP, {"messages": messages}) == ("i", messages)
    assert chat_prompt(STEP, {"messages": [SYSTEM]}) == (None, [SYSTEM])
    assert chat_prompt(STEP, {"messages": None}) == (None, None)


def test_text_parts_are_joined_and_images_left_out() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "data:,"}},
        {"type": "text", "text": "b"},
    ]
    assert first_user_message([{"role": "user", "content": parts}]) == "a\nb"


def test_an_answer_leaves_the_messages_alone() -> None:
    messages = [USER]
    assert with_answer(messages, "g") == [USER, {"role": "assistant", "content": "g"}]
    assert messages == [USER]


@pytest.mark.parametrize("messages", ["hello", {"role": "user"}, [{"role": "user"}], ["hello"], 3])
def test_what_is_no_conversation_is_refused(messages: object) -> None:
    with pytest.raises(DistilabelUserError, match="f: column 'messages' contains"):
        chat_prompt(STEP, {"messages": messages})


def test_conversations_to_train_on_may_have_other_roles() -> None:
    messages = [{"role": "tool", "content": "42"}, USER]
    assert chat_prompt(STEP, {"messages": messages}) == ("i", messages)


def test_an_instruction_that_is_no_text_is_refused() -> None:
    with pytest.raises(DistilabelUserError, match="'instruction' contains a list"):
        text_prompt(STEP, {"instruction": [USER]})
