"""Protects that made data validates: pydantic reads its own schemas, jsonschema the others."""

import json
import random
import re
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from distilabel._simulated.schema.instance import generate_instance

DRAWS = 60


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: Annotated[str, Field(min_length=3, max_length=12)]
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{3,5}$")]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: set[Literal["sit", "roll", "fetch"]]


class Person(BaseModel):
    name: str
    age: Annotated[int, Field(gt=17, lt=100, multiple_of=3)]
    height: Annotated[float, Field(gt=0.5, lt=2.5)] | None
    price: Annotated[float, Field(ge=0, multiple_of=0.1)]
    mood: Literal["glad", "sad"] = "glad"
    colour: Colour
    homes: Annotated[list[Address], Field(min_length=2, max_length=3)]
    marks: dict[str, int]
    by_colour: Annotated[dict[Colour, int], Field(min_length=1)]
    pair: tuple[int, str]
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    born: date
    seen: datetime
    key: UUID


class Tree(BaseModel):
    name: str
    left: "Tree | None"
    branches: list["Tree"] = []
    named: dict[str, "Tree"] = {}


@pytest.mark.parametrize("model", [Person, Tree, Address])
def test_data_for_pydantic_models_validates(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    for seed in range(DRAWS):
        made = generate_instance(schema, random.Random(seed))
        model.model_validate_json(json.dumps(made), strict=False)


def test_data_varies_and_repeats_with_its_seed() -> None:
    schema = Person.model_json_schema()
    made = [json.dumps(generate_instance(schema, random.Random(seed))) for seed in (0, 1, 0)]
    assert made[0] == made[2] != made[1]


def test_recursion_that_mostly_leads_deeper_comes_to_an_end_soon() -> None:
    pair = {"type": "array", "items": {"$ref": "#"}, "minItems": 2}
    schema = {"anyOf": [pair, pair, pair, {"type": "null"}]}
    for seed in range(DRAWS):
        assert len(json.dumps(generate_instance(schema, random.Random(seed)))) < 10_000


SCHEMAS: list[dict[str, Any]] = [
    {"type": ["string", "null", "integer"]},
    {"const": {"a": [1]}},
    {"enum": [1, "two", None]},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "null"}], "items": False},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    {"type": "object", "additionalProperties": {"type": "boolean"}, "minProperties": 4},
    {"type": "object", "patternProperties": {"^x-[a-z]+$": {"type": "integer"}}},
    {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a", "b"]},
    {"type": "integer", "exclusiveMinimum": 6, "exclusiveMaximum": 8},
    {"type": "integer", "maximum": -5},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "number", "minimum": 0.3, "maximum": 5, "multipleOf": 0.1},
    {"type": "integer", "multipleOf": 2.5, "minimum": 1},
    {"type": "string", "minLength": 90, "maxLength": 91},
    {"type": "string", "maxLength": 3},
    {"type": "string", "maxLength": 0},
    {"type": "string", "pattern": "^a", "minLength": 30},
    {"allOf": [{"type": "number", "minimum": 3}, {"type": "integer", "maximum": 4}]},
    {
        "allOf": [
            {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"a": {"minimum": 7}, "b": {"type": "string"}}, "required": ["b"]},
        ],
        "type": "object",
    },
    {"allOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "integer"}]},
    {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
    {"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"type": "boolean"}}},
    {"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}, "minItems": 1},
    {"enum": ["a", 1, 2], "type": "integer"},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_data_validates_by_jsonschema(schema: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema)
    for seed in range(DRAWS):
        validator.validate(generate_instance(schema, random.Random(seed)))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{3}-\d{4}$",
        r"^(foo|ba[rz])+\s\w{2,}$",
        r"[^a-z]{3}",
        r"^(?=.*\d)[a-z\d]{6}$",
        r"^(a|b)\1?.\.\S\D\W$",
        r"^(?:https?://)?[\w.-]+\.[a-z]{2,}$",
        r"(?i)yes|no",
    ],
)
def test_strings_match_their_pattern(pattern: str) -> None:
    for seed in range(DRAWS):
        made = generate_instance({"type": "string", "pattern": pattern}, random.Random(seed))
        assert re.search(pattern, made)


@pytest.mark.parametrize(
    ("form", "kind"), [("date", date), ("date-time", datetime), ("uuid", UUID)]
)
def test_formats_can_be_read_back(form: str, kind: type) -> None:
    for seed in range(DRAWS):
        made = generate_instance({"type": "string", "format": form}, random.Random(seed))
        TypeAdapter(kind).validate_json(json.dumps(made))


def test_email_and_uri_look_like_it() -> None:
    rng = random.Random(0)
    assert re.fullmatch(
        r"\w+@[\w.]+", generate_instance({"type": "string", "format": "email"}, rng)
    )
    assert re.fullmatch(r"https://\S+", generate_instance({"type": "string", "format": "uri"}, rng))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string", "pattern": r"^\d{3}$", "minLength": 5}, "pattern"),
        ({"type": "string", "pattern": "("}, "not a regular expression"),
        ({"type": "string", "minLength": 5, "maxLength": 2}, "minLength 5"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "no number fits"),
        ({"type": "number", "exclusiveMinimum": 2, "exclusiveMaximum": 2}, "no number fits"),
        ({"type": "array", "items": {"const": 1}, "uniqueItems": True, "minItems": 2}, "different"),
        ({"not": {"type": "string"}}, "'not' is not simulated"),
        ({"$ref": "#/$defs/gone"}, "leads nowhere"),
        ({"$ref": "other.json"}, "outside"),
        ({"$ref": "#"}, "without end"),
        ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "without end"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "at the same place"),
        ({"type": "word"}, "which JSON has not"),
        ({"type": "object", "properties": ["a"]}, "malformed"),
    ],
)
def test_impossible_schemas_are_refused_with_a_reason(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        generate_instance(schema, random.Random(0))
