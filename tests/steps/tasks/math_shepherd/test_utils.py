"""Parsing solutions: steps anywhere in a text, and JSON with invalid backslashes."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.tasks.math_shepherd.utils import parse_json_response, split_solution_steps


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "Step 1: add 1 and 1.\nStep 2: get 2.\nThe answer is: 2",
            ["Step 1: add 1 and 1.", "Step 2: get 2.", "The answer is: 2"],
        ),
        ("Sure! Step 1: a\n\nb Step 12: c \n", ["Step 1: a\n\nb", "Step 12: c"]),
        ("The answer is: 3", ["The answer is: 3"]),
        ("Step by step we find 3.", []),
        ("", []),
    ],
)
def test_steps(text: str, steps: list[str]) -> None:
    assert split_solution_steps(text) == steps


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 1}', {"a": 1}),
        (r'{"a": "x\)"}', {"a": "x)"}),
        (r'{"a": "\(x\) is \"y\" \u00e9"}', {"a": '(x) is "y" é'}),
        (r'{"a": "\\frac{1}{2}"}', {"a": r"\frac{1}{2}"}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ("\ufeff{}\u200b", {}),
        ("nope", None),
        ("", None),
    ],
)
def test_json(text: str, data: Any) -> None:
    assert parse_json_response(text) == data
