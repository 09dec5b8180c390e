"""Protects how a structure is written for each protocol. No network."""

from __future__ import annotations

from typing import Any, Callable, Optional, Union

import pytest
from pydantic import BaseModel, RootModel

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.structured_output import (
    grammar,
    grammar_format,
    guidance,
    refuse_guidance,
    response_format,
    tool,
)


class Inner(BaseModel):
    """A part."""

    n: int


class Strict(BaseModel):
    """Everything is required."""

    s: str
    inner: list[Inner]


class Loose(BaseModel):
    """One field may be left out."""

    s: str
    t: Optional[str] = None


def test_a_class_all_of_whose_fields_are_required_is_kept_to_strictly() -> None:
    form: Any = response_format({"schema": Strict})
    described = form["json_schema"]
    assert form["type"] == "json_schema"
    assert (described["name"], described["strict"]) == ("Strict", True)
    assert described["schema"]["additionalProperties"] is False
    assert described["schema"]["$defs"]["Inner"]["additionalProperties"] is False


def test_a_property_that_is_not_required_stays_so_also_without_a_default() -> None:
    text = {"type": "string"}
    schema = {"type": "object", "properties": {"a": text, "b": text}, "required": ["a"]}
    outer = {"type": "object", "properties": {"inner": schema}, "required": ["inner"]}
    for given, path in ((schema, []), (outer, ["properties", "inner"])):
        described = (response_format({"schema": given}) or {})["json_schema"]
        assert "strict" not in described
        sent = described["schema"]
        for name in path:
            sent = sent[name]
        assert sent["required"] == ["a"]


def test_a_field_that_may_be_left_out_stays_so_without_strict_mode() -> None:
    described = (response_format({"schema": Loose}) or {})["json_schema"]
    assert "strict" not in described
    assert described["schema"]["required"] == ["s"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "properties": {"a": {"type": "object"}}, "required": ["a"]},
        {"oneOf": [{"type": "string"}]},
    ],
)
def test_what_strict_mode_refuses_is_sent_without_it(schema: dict[str, Any]) -> None:
    described = (response_format({"schema": schema}) or {})["json_schema"]
    assert "strict" not in described


def test_the_users_schema_is_not_changed() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    before = repr(schema)
    response_format({"schema": schema})
    assert repr(schema) == before


@pytest.mark.parametrize(
    ("title", "name"), [("My Form: é", "My_Form_"), ("x" * 100, "x" * 64), (None, "answer")]
)
def test_the_name_is_one_that_is_allowed(title: str | None, name: str) -> None:
    schema = {"type": "object", **({"title": title} if title else {})}
    assert (response_format({"schema": schema}) or {})["json_schema"]["name"].startswith(name)


def test_a_schema_may_be_json_text() -> None:
    form = response_format({"schema": '{"type": "object"}', "format": "json"}) or {}
    assert form["json_schema"]["schema"] == {"type": "object"}


def test_a_pattern_is_sent_as_one() -> None:
    structure = {"schema": "[ab]+", "format": "regex"}
    assert grammar_format(structure) == grammar(structure) == {"type": "regex", "value": "[ab]+"}
    assert guidance(structure) == {
        "structured_outputs": {"regex": "[ab]+"},
        "guided_regex": "[ab]+",
    }
    assert response_format(structure) is None


def test_texts_to_choose_from_are_a_pattern_where_a_server_has_nothing_else() -> None:
    structure = {"format": "choice", "schema": ["a.", "b"]}
    assert grammar(structure) == {"type": "regex", "value": r"(a\.|b)"}
    assert guidance(structure)["structured_outputs"] == {"choice": ["a.", "b"]}
    # The servers of llama.cpp.
    assert guidance(structure)["grammar"] == 'root ::= "a." | "b"'
    assert guidance({"format": "grammar", "schema": "root ::= [a]"})["grammar"] == "root ::= [a]"


def test_json_needs_no_guidance_and_is_accepted_everywhere() -> None:
    assert guidance({"schema": Loose}) == {}
    refuse_guidance({"schema": Loose}, "api.openai.com")
    with pytest.raises(DistilabelUserError, match=r"api\.openai\.com cannot .* a regex"):
        refuse_guidance({"schema": "[ab]+"}, "api.openai.com")


def test_a_grammar_has_the_schema_of_a_class() -> None:
    structure = {"format": "json", "schema": Loose}
    assert grammar(structure) == {"type": "json", "value": Loose.model_json_schema()}


@pytest.mark.parametrize("make", [grammar, response_format])
def test_no_structure_is_none(make: Any) -> None:
    assert make(None) is None
    assert make({}) is None


@pytest.mark.parametrize(
    ("make", "structure", "words"),
    [
        (response_format, {"format": "json"}, "'schema'"),
        (grammar, {"schema": "a", "format": "grammar"}, "takes no 'grammar'"),
        (response_format, {"schema": 5}, "JSON schema"),
        (grammar, {"format": "json"}, "'schema' is missing"),
        (grammar, {"schema": {}}, "'schema' is missing"),
        (grammar, {"schema": "a", "format": "xml"}, "'xml'"),
    ],
)
def test_what_is_missing_or_wrong_is_told(make: Any, structure: Any, words: str) -> None:
    with pytest.raises(DistilabelUserError, match=words):
        make(structure)


def test_the_root_of_a_recursive_class_is_an_object_for_every_provider() -> None:
    class Tree(BaseModel):
        children: list[Tree]

    described = (response_format({"schema": Tree}) or {})["json_schema"]
    assert (described["name"], described["schema"]["type"]) == ("Tree", "object")
    assert (tool({"schema": Tree}) or {})["input_schema"]["properties"].keys() == {"children"}


def test_a_union_at_the_root_is_no_tool() -> None:
    with pytest.raises(DistilabelUserError, match="union"):
        tool({"schema": RootModel[Union[Inner, Strict]]})


def test_a_class_without_a_json_schema_is_named() -> None:
    class Runs(BaseModel):
        function: Callable[[], None]

    with pytest.raises(DistilabelUserError, match="class Runs has no JSON schema"):
        response_format({"schema": Runs})


def test_a_schema_with_a_value_that_is_not_json_is_an_error() -> None:
    with pytest.raises(DistilabelUserError, match="JSON has not"):
        response_format({"schema": {"type": "object", "x": {1, 2}}})
