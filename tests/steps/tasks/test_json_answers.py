"""Protects where the JSON object is found in what a model wrote."""

from __future__ import annotations

import pytest

from distilabel.steps.tasks.json_answers import parse_json_object


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "}"}',
        '```json\n{"a": "}"}\n```',
        'First {this}:\n```\n{"a": "}"}\n```\nDone.',
        'Here: {"a": "}"} as asked.',
        '<think>{"a": 1}</think>{"a": "}"}',
    ],
)
def test_the_object_is_found(text: str) -> None:
    assert parse_json_object(text) == {"a": "}"}


@pytest.mark.parametrize("text", ["", "no", "[1]", "{", "}{", '{"a": }', '<think>{"a": 1}'])
def test_what_is_no_object_is_none(text: str) -> None:
    assert parse_json_object(text) is None
