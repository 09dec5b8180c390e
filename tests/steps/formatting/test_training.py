"""Protects how training formats read prompts, and that they drop what a trainer would stop at."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.formatting.prompt import FormatPrompt

USER = {"role": "user", "content": "i"}


def prompts(row: dict[str, Any], **fields: Any) -> list[Any]:
    return [made["prompt"] for made in next(FormatPrompt(**fields).process([row]))]


def test_an_instruction_becomes_a_user_message_behind_the_system_prompt() -> None:
    assert prompts({"instruction": "i"}) == [[USER]]
    system = {"role": "system", "content": "s"}
    assert prompts({"instruction": "i", "system_prompt": "s"}) == [[system, USER]]


def test_a_conversation_wins_over_an_instruction() -> None:
    chat = [USER, {"role": "assistant", "content": "a"}, USER]
    assert prompts({"instruction": "other", "messages": chat}) == [chat]
    assert prompts({"instruction": "i", "messages": None}) == [[USER]]


def test_a_text_is_the_instruction_alone() -> None:
    assert prompts({"instruction": "i"}, conversational=False) == ["i"]
    assert prompts({"messages": [USER]}, conversational=False) == ["i"]


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "i", "system_prompt": "s"},
        {"messages": [USER, {"role": "assistant", "content": "a"}, USER]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "i"}]}]},
    ],
)
def test_a_text_never_loses_a_message(row: dict[str, Any]) -> None:
    with pytest.raises(DistilabelUserError, match="Set conversational=True"):
        prompts(row, conversational=False)


@pytest.mark.parametrize("row", [{"instruction": None}, {"messages": None}, {"messages": []}])
def test_a_row_without_a_prompt_is_dropped(row: dict[str, Any]) -> None:
    assert prompts(row) == []


def test_a_row_without_the_columns_is_an_error() -> None:
    with pytest.raises(DistilabelUserError, match=r"neither the column 'instruction'.*'question'"):
        prompts({"question": "i"})


def test_the_row_keeps_its_other_columns_and_is_not_changed() -> None:
    row = {"instruction": "i", "ground_truth": "4"}
    (made,) = next(FormatPrompt().process([row]))
    assert made == {"instruction": "i", "ground_truth": "4", "prompt": [USER]}
    assert "prompt" not in row
