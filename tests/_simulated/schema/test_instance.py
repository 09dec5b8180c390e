"""Protects that generated instances validate, by pydantic for its own schemas and by jsonschema."""

import json
import random
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import Enum
from ipaddress import IPv4Address
from types import GenericAlias
from typing import Annotated, Any, Literal, Union
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, create_model

from distilabel._simulated.schema.instance import generate_instance

jsonschema: Any = pytest.importorskip("jsonschema")

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
def test_instances_validate_as_the_pydantic_model(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    for seed in range(DRAWS):
        made = generate_instance(schema, random.Random(seed))
        model.model_validate_json(json.dumps(made), strict=False)


# Types that a field of a pydantic model may have, and functions that build one from another. Not
# Decimal: its schema allows strings that are not numbers.
LEAVES: list[Any] = [
    *(str, int, float, bool, None, Any, date, time, datetime, timedelta, UUID, Colour),
    *(IPv4Address, HttpUrl, Literal["a", "b", 3], dict[str, Any], Address, Cat, Tree),
    Annotated[str, Field(min_length=2, max_length=5)],
    Annotated[str, Field(pattern=r"^[a-z]+(-\d+)?$")],
    Annotated[int, Field(ge=-3, lt=8)],
    Annotated[int, Field(multiple_of=5, gt=0)],
    Annotated[float, Field(gt=0, le=1)],
    Annotated[Cat | Dog, Field(discriminator="kind")],
]
CONTAINERS: list[Callable[[Any], Any]] = [
    lambda inner: GenericAlias(list, inner),
    lambda inner: GenericAlias(tuple, (inner, str)),
    lambda inner: GenericAlias(tuple, (inner, ...)),
    lambda inner: GenericAlias(dict, (str, inner)),
    lambda inner: GenericAlias(dict, (Literal["x", "y"], inner)),
    lambda inner: Union.__getitem__((inner, None)),
    lambda inner: Union.__getitem__((inner, int, list[str])),
    lambda inner: Annotated[GenericAlias(list, inner), Field(min_length=1, max_length=2)],
    lambda inner: Annotated[GenericAlias(dict, (str, inner)), Field(min_length=1, max_length=2)],
]


def random_type(rng: random.Random) -> Any:
    kind: Any = rng.choice(LEAVES)
    while rng.random() < 0.5:
        kind = rng.choice(CONTAINERS)(kind)
    return kind


def random_model(rng: random.Random) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for number in range(rng.randint(1, 6)):
        default = rng.choice([..., Field(description="A field."), None])
        fields[f"field_{number}"] = (random_type(rng), default)
    config = ConfigDict(extra=rng.choice(["allow", "forbid", "ignore"]))
    return create_model("Model", __config__=config, **fields)


@pytest.mark.parametrize("seed", range(DRAWS))
def test_instances_of_any_ordinary_pydantic_model_validate(seed: int) -> None:
    rng = random.Random(seed)
    model = random_model(rng)
    schema = model.model_json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    for _ in range(5):
        instance = generate_instance(schema, rng)
        validator.validate(instance)
        model.model_validate_json(json.dumps(instance))


def test_an_instance_depends_on_the_seed_alone() -> None:
    schema = Person.model_json_schema()
    made = [json.dumps(generate_instance(schema, random.Random(seed))) for seed in (0, 1, 0)]
    assert made[0] == made[2] != made[1]


def test_a_schema_whose_alternatives_mostly_recurse_ends_soon() -> None:
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
    {
        "allOf": [
            {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"a": {"minimum": 7}, "b": {"type": "string"}}, "required": ["b"]},
        ],
        "type": "object",
    },
    {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "boolean"}]}, {"type": "null"}]},
    {"type": "integer", "anyOf": [{"type": "string"}, {"minimum": 3}]},
    {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
    {"$ref": "#/definitions/a~1b", "definitions": {"a/b": {"type": "boolean"}}},
    {"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}, "minItems": 1},
    {"enum": ["a", 1, 2], "type": "integer"},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_instances_validate_as_jsonschema_checks(schema: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(schema)
    for seed in range(DRAWS):
        validator.validate(generate_instance(schema, random.Random(seed)))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (
            {"type": "array", "items": {"const": 1}, "uniqueItems": True, "minItems": 2},
            "unique items",
        ),
        ({"not": {"type": "string"}}, "'not' is not supported"),
        ({"$ref": "#/$defs/gone"}, "not defined"),
        ({"$ref": "other.json"}, "outside"),
        ({"$ref": "#anchor"}, "outside"),
        ({"anyOf": [False, {"$ref": "#"}]}, "requires itself"),
        ({"type": "string", "enum": [1, None]}, "no value of type"),
        ({"$ref": "#"}, "requires itself"),
        ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "requires itself"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "sets 'type' to both"),
        ({"type": "word"}, "unknown type 'word'"),
        ({"type": "object", "properties": ["a"]}, "malformed"),
    ],
)
def test_an_impossible_schema_raises_an_error_that_says_why(
    schema: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        generate_instance(schema, random.Random(0))
