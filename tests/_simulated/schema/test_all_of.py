"""Protects that a merged schema keeps what both ask for, and that a contradiction is an error."""

import pytest

from distilabel._simulated.schema.all_of import merge_schemas


def test_properties_and_required_names_of_both_are_kept() -> None:
    first = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}
    second = {
        "properties": {"b": {}, "a": {"minimum": 7}},
        "required": ["b", "a"],
        "additionalProperties": False,
    }
    assert merge_schemas(first, second) == {
        "properties": {
            "a": {"allOf": [{"type": "integer"}, {"minimum": 7}]},
            "b": {},
        },
        "required": ["a", "b"],
        "additionalProperties": False,
    }


def test_the_first_schema_wins_for_annotations_and_neither_is_changed() -> None:
    first, second = {"title": "A"}, {"title": "B", "type": "string"}
    assert merge_schemas(first, second) == {"title": "A", "type": "string"}
    assert (first, second) == ({"title": "A"}, {"title": "B", "type": "string"})


def test_different_values_of_a_keyword_are_an_error() -> None:
    with pytest.raises(ValueError, match="'minimum' to both 1 and 2"):
        merge_schemas({"minimum": 1}, {"minimum": 2})
