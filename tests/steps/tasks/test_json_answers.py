"""Protects where the JSON object is found in what a model wrote."""

from __future__ import annotations

import pytest

from distilabel.steps.tasks.json_answers import (
    is_json_answer,
    parse_json_object,
    parse_list,
    parse_literal_list,
    parse_literal_object,
)


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


@pytest.mark.parametrize(
    "text",
    [
        '["a", "b"]',
        "['a', 'b']",
        '```python\n["a", "b",]\n```',
        'tasks = ["a", "b"]',
        '<think>["c"]</think>Here: ["a", "b"]. Done.',
    ],
)
def test_the_list_is_found(text: str) -> None:
    assert parse_literal_list(text) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "one\ntwo"}', "one\ntwo"),
        ('{"a": "\\alpha \\(x\\)"}', "\\alpha \\(x\\)"),
        ("{'a': 'it is',}", "it is"),
        ("{'a': 'x\\d'}", "x\\d"),
        ('{"a": None}', None),
        ('{"a": "\\u00e9\\n"}', "\u00e9\n"),
    ],
)
def test_what_is_nearly_json_is_read(text: str, value: str | None) -> None:
    assert parse_literal_object(text) == {"a": value}


@pytest.mark.parametrize(
    "text",
    ["", "no", "}{", "][", "[" * 5000, "{'a': " * 5000, "{'a': f()}", "{a: 1}"],
)
def test_nothing_is_evaluated_and_nothing_is_raised(text: str) -> None:
    assert parse_literal_object(text) is None
    assert parse_literal_list(text) is None


def test_a_list_is_strict_json_where_texts_may_have_brackets() -> None:
    assert parse_list('["a"]') == ["a"]
    assert parse_list("['a']") is None
    assert parse_list('{"a": [1]}') is None


@pytest.mark.parametrize(
    ("text", "is_object"),
    [
        ('{"rating": 4}', True),
        ('{\r  "rating": 4\r}', True),
        ('Here it is:\n```json\n{"rating": 4}\n```\nBye.', True),
        ('[{"rating": 4}]', False),
        ('Rating: 4, since {"a": 1} is JSON.', False),
        ('{"rating": 4', False),
        ("Rating: 4", False),
        ("", False),
    ],
)
def test_an_answer_in_json_is_told_from_one_about_json(text: str, is_object: bool) -> None:
    assert is_json_answer(text) == is_object
