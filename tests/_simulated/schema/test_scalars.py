"""Protects that generated strings and numbers validate, and that impossible bounds are errors."""

import json
import random
import re
from datetime import date, datetime, time, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import pytest
from pydantic import AnyUrl, TypeAdapter

from distilabel._simulated.schema.scalars import generate_integer, generate_number, generate_string

jsonschema: Any = pytest.importorskip("jsonschema")

DRAWS = 60
GENERATORS = {"string": generate_string, "integer": generate_integer, "number": generate_number}


def generate(schema: dict[str, Any], rng: random.Random) -> Any:
    return GENERATORS[schema["type"]](schema, rng)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "exclusiveMinimum": 6, "exclusiveMaximum": 8},
        {"type": "integer", "maximum": -5},
        {"type": "integer", "multipleOf": 7, "minimum": 500},
        {"type": "integer", "multipleOf": 2.5, "minimum": 1},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
        {"type": "number", "minimum": 0.3, "maximum": 5, "multipleOf": 0.1},
        {"type": "number", "maximum": -1e6},
        {"type": "string", "minLength": 90, "maxLength": 91},
        {"type": "string", "maxLength": 3},
        {"type": "string", "maxLength": 0},
        {"type": "string", "pattern": "^a", "minLength": 30},
    ],
    ids=json.dumps,
)
def test_scalars_validate_and_vary_with_the_seed_alone(schema: dict[str, Any]) -> None:
    for seed in range(DRAWS):
        scalar = generate(schema, random.Random(seed))
        jsonschema.validate(scalar, schema)
        assert scalar == generate(schema, random.Random(seed))


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("date", date),
        ("date-time", datetime),
        ("time", time),
        ("duration", timedelta),
        ("ipv4", IPv4Address),
        ("ipv6", IPv6Address),
        ("uri", AnyUrl),
        ("uuid", UUID),
    ],
)
def test_a_string_has_its_format(form: str, kind: type) -> None:
    for seed in range(DRAWS):
        text = generate_string({"format": form}, random.Random(seed))
        TypeAdapter(kind).validate_json(json.dumps(text))


def test_an_email_address_looks_like_one() -> None:
    assert re.fullmatch(r"\w+@[\w.]+", generate_string({"format": "email"}, random.Random(0)))


def test_a_cut_string_does_not_end_in_a_space() -> None:
    for seed in range(DRAWS):
        text = generate_string({"maxLength": 9}, random.Random(seed))
        assert text == text.strip()


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string", "minLength": 5, "maxLength": 2}, "minLength 5"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "no number satisfies"),
        ({"type": "integer", "multipleOf": 10, "minimum": 1, "maximum": 9}, "no number satisfies"),
        ({"type": "number", "exclusiveMinimum": 2, "exclusiveMaximum": 2}, "no number satisfies"),
    ],
)
def test_impossible_bounds_are_an_error(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        generate(schema, random.Random(0))
