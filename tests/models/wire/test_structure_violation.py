"""Protects that an answer against its structure is found out, whatever the structure is."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.models.wire.structure_violation import violation


class Person(BaseModel):
    """A form."""

    name: str
    age: int


DEEP = {
    "$defs": {"n": {"type": "integer", "minimum": 1}},
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"$ref": "#/$defs/n"}}},
}


@pytest.mark.parametrize(
    ("text", "schema", "fault"),
    [
        ('{"name": "a", "age": 1}', Person, ""),
        ('{"name": "a"}', Person, "age: Field required"),
        ("no", Person, "the whole: Invalid JSON"),
        (None, Person, ""),
        ("no", {"type": "object"}, "it is not JSON"),
        ("[]", {"type": "object"}, "the whole: [] is not of type"),
        ("{}", {"type": "object", "required": ["a"]}, "the whole: 'a' is a required"),
        ('{"a": [1]}', DEEP, ""),
        ('{"a": [1, 0]}', DEEP, "a.1: 0 is less than the minimum"),
        ("<think>a</think>\n\n[1]", {"type": "array"}, ""),
        ("<think>a", {"type": "array"}, "it has reasoning only"),
        ("{}", {"type": "nothing"}, "the schema is not valid"),
        ("{}", {"$ref": "https://example.com/a.json"}, "the schema is not valid"),
        ("aab", "a+b", ""),
        ("aabc", "a+b", "it does not match a+b"),
        ("yes", ["yes", "no"], ""),
        ("Yes.", ["yes", "no"], "it is not one of 'yes', 'no'"),
    ],
)
def test_what_breaks_a_structure_is_named(text: Any, schema: Any, fault: str) -> None:
    found = violation(text, {"schema": schema})
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


def test_a_grammar_is_left_to_the_server() -> None:
    assert violation("b", {"format": "grammar", "schema": 'root ::= "a"'}) == ""
