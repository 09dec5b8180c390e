"""Protects when the simulated model calls a tool."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._simulated.answers.tools import chosen_tool

TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
QUESTION: Any = {"role": "user", "content": "Will it rain?"}


@pytest.mark.parametrize(
    ("choice", "role", "calls"),
    [
        ("none", "user", False),
        ("auto", "user", True),
        ("auto", "tool", False),
        ("required", "tool", True),
        ({"type": "function", "function": {"name": "weather"}}, "tool", True),
    ],
)
def test_when_a_tool_is_called(choice: Any, role: str, calls: bool) -> None:
    found = chosen_tool(TOOLS, choice, [{"role": role, "content": "a"}])
    assert (found is not None) == calls


def test_a_choice_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(ValueError, match="'sun'"):
        chosen_tool(TOOLS, {"type": "function", "function": {"name": "sun"}}, [QUESTION])
