"""Protects that each form in which users write a structure means what it meant in 1.5.3."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.structure import Structure, parse_structure


class Owl(BaseModel):
    name: str


SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ({}, None),
        ({"schema": SCHEMA}, Structure("json", SCHEMA)),
        ({"schema": SCHEMA, "format": "json", "mode": "tool_call"}, Structure("json", SCHEMA)),
        ({"schema": '{"type": "object"}'}, Structure("json", {"type": "object"})),
        ({"schema": "[a-z]{3}"}, Structure("regex", "[a-z]{3}")),
        ({"schema": "{a}", "format": "regex"}, Structure("regex", "{a}")),
        ({"schema": ["yes", "no"]}, Structure("choice", ["yes", "no"])),
        ({"schema": 'root ::= "a"', "format": "grammar"}, Structure("grammar", 'root ::= "a"')),
    ],
)
def test_the_format_may_be_left_out(given: Any, expected: Any) -> None:
    assert parse_structure(given) == expected


def test_a_class_is_kept_beside_its_schema() -> None:
    found = parse_structure({"schema": Owl})
    assert found is not None
    assert (found.kind, found.value, found.cls) == ("json", Owl.model_json_schema(), Owl)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"format": "json"}, "'schema' is missing"),
        ({"format": "xml", "schema": "a"}, "not 'xml'"),
        ({"schema": "a("}, "is not valid: missing"),
        ({"format": "choice", "schema": [1]}, "a list of texts"),
        ({"format": "regex", "schema": SCHEMA}, "a text for the format 'regex', not dict"),
        ("json", "must be a dict"),
    ],
)
def test_any_other_is_an_error(given: Any, text: str) -> None:
    with pytest.raises(DistilabelUserError, match=text):
        parse_structure(given)
