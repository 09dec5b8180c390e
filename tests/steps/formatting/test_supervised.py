"""Protects SFT examples: where the reasoning is, and that tools keep their own parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.formatting.supervised import FormatSFT


def examples(fields: dict[str, Any] | None = None, **row: Any) -> list[dict[str, Any]]:
    return next(FormatSFT(**fields or {}).process([{"instruction": "i", **row}]))


def answer(fields: dict[str, Any] | None = None, **row: Any) -> Any:
    (made,) = examples(fields, **row)
    return made["messages"][-1]["content"]


def test_the_conversation_ends_with_the_answer() -> None:
    (made,) = examples(generation="a", system_prompt="s")
    assert [message["role"] for message in made["messages"]] == ["system", "user", "assistant"]
    assert "prompt" not in made


def test_the_prompt_may_stand_apart() -> None:
    (made,) = examples({"style": "prompt-completion"}, generation="a")
    assert made["prompt"] == [{"role": "user", "content": "i"}]
    assert made["completion"] == [{"role": "assistant", "content": "a"}]
    fields = {"style": "prompt-completion", "conversational": False}
    (made,) = examples(fields, generation="a")
    assert (made["prompt"], made["completion"]) == ("i", "a")


def test_reasoning_is_kept_before_the_answer_wherever_it_was() -> None:
    expected = "<think>\nhm\n</think>\n\na"
    assert answer(generation="<think>hm</think>a") == expected
    assert answer(generation="a", reasoning="hm\n") == expected
    assert answer(generation="a", reasoning=None) == "a"


def test_reasoning_is_cut_wherever_it_was() -> None:
    assert answer({"reasoning": "cut"}, generation="<think>hm</think>a", reasoning="h") == "a"


@pytest.mark.parametrize("generation", [None, "", "<think>cut off"])
def test_a_row_without_an_answer_is_dropped(generation: Any) -> None:
    assert examples(generation=generation) == []
    assert examples({"reasoning": "cut"}, generation=generation) == []


def test_tools_are_json_text() -> None:
    tools = [{"name": "owl", "parameters": {"a": 1}}, {"name": "hawk", "parameters": {"b": 2}}]
    (made,) = examples(generation="a", tools=tools)
    assert json.loads(made["tools"]) == tools
    (made,) = examples(generation="a", tools="[]")
    assert made["tools"] == "[]"
    with pytest.raises(DistilabelUserError, match="'tools' contains an int"):
        examples(generation="a", tools=3)
