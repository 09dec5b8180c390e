"""Protects that strict requests keep to OpenAI's published rules, and mean what the user wrote.

A broken rule rejects the request of every row. `jsonschema` judges that the rewritten schema still
accepts and rejects the same answers.
"""

from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Iterable
from typing import Annotated, Any, Dict, List, Literal, Optional, Set, Tuple, Union

import pytest
from pydantic import AnyUrl, BaseModel, Field, RootModel, StringConstraints, create_model

from distilabel.models.wire.strict_schema import resolved_root, strict_schema

jsonschema: Any = pytest.importorskip("jsonschema")


class Mood(enum.Enum):
    """Values of a field."""

    good = "good"
    bad = "bad"


class Person(BaseModel):
    """A definition."""

    name: str = Field(description="who")


class Tree(BaseModel):
    """Recursive; its root is a reference."""

    name: str
    children: List[Tree] = Field(description="below it")


class Chain(BaseModel):
    """Recursive through a field that may be null and has a description."""

    name: str
    next: Optional[Chain] = Field(description="after it")


class Odd(BaseModel):
    """Refers to another class that refers back, each with a description."""

    even: Optional[Even] = Field(description="the other")


class Even(BaseModel):
    """See `Odd`."""

    odd: Odd = Field(description="the other", examples=[{"even": None}])


class Cat(BaseModel):
    """A member of unions."""

    kind: Literal["cat"]


class Dog(BaseModel):
    """Another one."""

    kind: Literal["dog"]


class Empty(BaseModel):
    """No field."""


def _of(kind: Any, **field: Any) -> dict[str, Any]:
    return create_model("Answer", value=(kind, Field(**field))).model_json_schema()


def _breach(node: Any, at: str = "") -> str:
    """Returns what strict mode rejects, as its error messages say it; empty if nothing."""
    if isinstance(node, list):
        return next(filter(None, (_breach(n, at) for n in node)), "")
    if not isinstance(node, dict):
        return ""
    if "$ref" in node and len(node) > 1:
        return f"{at}: $ref cannot have keywords {sorted(node)}"
    for word in ("default", "examples", "uniqueItems", "oneOf", "allOf", "minLength"):
        if word in node:
            return f"{at}: {word!r} is not permitted"
    if not node.keys() & {"type", "anyOf", "$ref"}:
        return f"{at}: schema must have a 'type' key"
    if node.get("type") == "object":
        if node.get("additionalProperties") is not False:
            return f"{at}: 'additionalProperties' must be false"
        if set(node["required"]) != set(node["properties"]):
            return f"{at}: 'required' must have every key in properties"
    if node.get("type") == "array" and "items" not in node:
        return f"{at}: array schema missing items"
    maps = [node.get(word, {}) for word in ("properties", "$defs", "definitions")]
    parts = {**{name: part for each in maps for name, part in each.items()}}
    parts |= {word: node[word] for word in ("items", "anyOf") if word in node}
    return next(filter(None, (_breach(part, f"{at}/{name}") for name, part in parts.items())), "")


_STRICT = {
    "described class": _of(Person, description="the person"),
    "described enum": _of(Mood, description="how it feels"),
    "title and examples": _of(Person, title="The person", examples=[{"name": "a"}]),
    "described list": _of(List[Person], description="several"),
    "optional class": _of(Optional[Person], description="maybe"),
    "union": _of(Union[Cat, Dog], description="a pet"),
    "recursive": Tree.model_json_schema(),
    "recursive, nullable": Chain.model_json_schema(),
    "recursive in a circle": Odd.model_json_schema(),
    "recursive inside": _of(List[Tree]),
    "empty class": Empty.model_json_schema(),
    "empty class inside": _of(Empty, description="nothing"),
    "limits": _of(int, ge=1, le=5),
    "length of a list": _of(List[int], min_length=1, max_length=3),
    "date": _of(datetime.datetime),
    "identifier": _of(uuid.UUID),
    "literal": _of(Literal["a", "b"]),
    "null": _of(None),
    "old definitions": {
        "type": "object",
        "definitions": {"p": {"type": "string"}},
        "properties": {"a": {"$ref": "#/definitions/p", "description": "d"}},
        "required": ["a"],
    },
    "allOf of one": {
        "type": "object",
        "$defs": {"p": {"type": "string"}},
        "properties": {"a": {"allOf": [{"$ref": "#/$defs/p"}], "title": "A"}},
        "required": ["a"],
    },
    "pointer to a property": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}},
        "required": ["a", "b"],
    },
    "properties named like keywords": {
        "type": "object",
        "properties": {"default": {"type": "string"}, "$ref": {"type": "string"}},
        "required": ["default", "$ref"],
    },
}


@pytest.mark.parametrize("title", _STRICT)
def test_a_schema_is_rewritten_to_one_that_strict_mode_accepts(title: str) -> None:
    strict = strict_schema(_STRICT[title])
    assert strict is not None
    assert strict["type"] == "object"
    assert not _breach(strict)


@pytest.mark.parametrize(
    ("cls", "answers"),
    [
        (Tree, [{"name": "a", "children": [{"name": "b", "children": []}]}, {"name": "a"}]),
        (Chain, [{"name": "a", "next": {"name": "b", "next": None}}, {"name": "a", "next": {}}]),
        (Odd, [{"even": {"odd": {"even": {"odd": {"even": None}}}}}, {"even": {"odd": {}}}]),
    ],
)
def test_a_rewritten_schema_accepts_the_same_answers(cls: Any, answers: list[Any]) -> None:
    strict = strict_schema(cls.model_json_schema())
    assert strict is not None
    for answer, valid in zip(answers, (True, False), strict=True):
        assert jsonschema.Draft202012Validator(strict).is_valid(answer) == valid


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
    return schema


def _wide(names: Iterable[str]) -> dict[str, Any]:
    properties = {name: {"type": "integer"} for name in names}
    return {"type": "object", "properties": properties, "required": list(properties)}


_LOOSE = {
    "set": _of(Set[str]),
    "tuple": _of(Tuple[int, str]),
    "dict": _of(Dict[str, int]),
    "list of anything": _of(list),
    "anything": _of(Any),
    "default": _of(Mood, default=Mood.good),
    "discriminated union": _of(Union[Cat, Dog], discriminator="kind"),
    "mixed literal": _of(Literal[1, "a"]),
    "length of a text": _of(Annotated[str, StringConstraints(min_length=1)]),
    "lookahead": _of(Annotated[str, StringConstraints()], json_schema_extra={"pattern": "(?=a)"}),
    "address": _of(AnyUrl),
    "list at the root": RootModel[List[int]].model_json_schema(),
    "union at the root": RootModel[Union[Cat, Dog]].model_json_schema(),
    "11 levels": _nested(11),
    "5,001 properties": _wide(f"p{i}" for i in range(5_001)),
    "1,001 values": _of(Literal[tuple(f"v{i}" for i in range(1_001))]),
    "long names": _wide(["n" * 120_001]),
    "elsewhere": _of(int) | {"properties": {"value": {"$ref": "https://example.com/schema"}}},
    "nowhere": _of(int) | {"properties": {"value": {"$ref": "#/$defs/missing"}}},
    "refers to itself": _of(int) | {"properties": {"value": {"$ref": "#/properties/value"}}},
    "conflict": {
        "type": "object",
        "$defs": {"p": {"type": "string"}},
        "properties": {"a": {"$ref": "#/$defs/p", "type": "integer"}},
        "required": ["a"],
    },
}


@pytest.mark.parametrize("title", _LOOSE)
def test_what_strict_mode_does_not_accept_has_no_strict_schema(title: str) -> None:
    assert strict_schema(_LOOSE[title]) is None


def test_ten_levels_are_accepted() -> None:
    assert strict_schema(_nested(10)) is not None


def test_examples_stay_visible_to_the_model() -> None:
    strict: Any = strict_schema(_of(str, description="a name", examples=["Ada"]))
    assert strict["properties"]["value"]["description"] == 'a name\n\nExamples: ["Ada"]'


def test_definitions_that_are_inlined_everywhere_are_left_out() -> None:
    strict: Any = strict_schema(_of(Person, description="the person"))
    assert "$defs" not in strict


def test_definitions_that_repeat_each_other_end_early() -> None:
    definitions = {
        f"d{i}": {
            "type": "object",
            "properties": {
                name: {"$ref": f"#/$defs/d{i + 1}", "description": name} for name in "abcdefgh"
            },
            "required": list("abcdefgh"),
        }
        for i in range(12)
    }
    definitions["d12"] = {"type": "string"}
    assert strict_schema({"$ref": "#/$defs/d0", "$defs": definitions}) is None


def test_a_root_that_refers_to_itself_is_left_as_it_is() -> None:
    for schema in ({"$ref": "#"}, {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}):
        assert "$ref" in resolved_root(schema)
        assert strict_schema(schema) is None


def test_a_definition_is_rewritten_by_itself_wherever_it_is_used() -> None:
    def closed(name: str, part: Any) -> Any:
        return {"type": "object", "properties": {name: part}, "required": [name]}

    again = {"anyOf": [{"$ref": "#/$defs/A", "additionalProperties": False}, {"type": "null"}]}
    schema = closed("a", {"$ref": "#/$defs/A", "description": "the first"})
    schema["$defs"] = {"A": closed("b", {"$ref": "#/$defs/B"}), "B": closed("a", again)}
    rewritten = strict_schema(schema)
    assert rewritten is not None
    assert list(rewritten["$defs"]) == ["B"]


@pytest.mark.parametrize("name", ["a/b", "a~b", "a~1b", "a b"])
def test_a_reference_finds_its_definition_by_any_name(name: str) -> None:
    pointer = name.replace("~", "~0").replace("/", "~1").replace(" ", "%20")
    schema = {
        "type": "object",
        "properties": {"x": {"$ref": f"#/$defs/{pointer}", "description": "the x"}},
        "required": ["x"],
        "$defs": {name: {"type": "string"}},
    }
    rewritten = strict_schema(schema)
    assert rewritten is not None
    assert rewritten["properties"]["x"] == {"type": "string", "description": "the x"}
