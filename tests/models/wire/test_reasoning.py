"""Protects where reasoning ends and an answer begins. No network."""

from __future__ import annotations

import pytest

from distilabel.models.wire.reasoning import split_reasoning


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<think>hm</think>a", "hm", "a"),
        ("\n<think>\nhm\n\nhm\n</think>\n\na\n", "hm\n\nhm", "a\n"),
        ("<think>\n\n</think>\n\na", None, "a"),
        ("<think>hm</think>", "hm", ""),
        ("<think>\nand then", "and then", None),
        ("<think>", None, None),
        ("<think>the tag <think> is</think>a", "the tag <think> is", "a"),
        ("<think>hm</think>a </think> b", "hm", "a </think> b"),
    ],
)
def test_a_block_at_the_beginning_is_reasoning(
    text: str, reasoning: str | None, answer: str | None
) -> None:
    assert split_reasoning(text) == (reasoning, answer)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("hm\n</think>\n\na", "hm", "a"),
        ("hm.</think>\n\na", "hm.", "a"),
        ("hm\n</think>a", "hm", "a"),
        ("hm\n</think>", "hm", ""),
        ("</think>\n\na", None, "a"),
        ("I try\n```\nx = 1\n```\nhm\n</think>\n\na", "I try\n```\nx = 1\n```\nhm", "a"),
    ],
)
def test_the_opening_tag_may_have_been_in_the_prompt(
    text: str, reasoning: str | None, answer: str
) -> None:
    assert split_reasoning(text) == (reasoning, answer)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "",
        None,
        "Models write <think>so</think> and answer.",
        "They write\n<think>\nso\n</think>\nand answer.",
        "Reasoning ends with </think>, then comes the answer.",
        "It ends with `</think>`\nand goes on.",
        "It ends with </think>\nand goes on.",
        "It ends with </think>",
        "An example:\n```\n</think>\n```\n",
        "<thinking>hm</thinking>a",
    ],
)
def test_a_text_that_speaks_of_tags_is_left_whole(text: str | None) -> None:
    assert split_reasoning(text) == (None, text)
