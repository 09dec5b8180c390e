"""Generates JSON instances of JSON schemas, as structured output of a model would be."""

import math
import random
from collections.abc import Mapping
from types import NoneType
from typing import Any

import orjson

from distilabel._simulated import filler_text
from distilabel._simulated.schema.all_of import merge_schemas
from distilabel._simulated.schema.pattern import generate_match
from distilabel._simulated.schema.scalars import generate_integer, generate_number, generate_string

# Below this depth only required parts are generated, so that recursive schemas end.
_MAX_DEPTH = 4
_OPTIONAL_SHARE = 0.8
_EXTRA_ITEMS = 3
_MAX_ATTEMPTS = 100

_UNSUPPORTED = ("not", "if", "contains", "dependentSchemas", "dependentRequired", "$dynamicRef")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (NoneType,),
}
_TYPE_HINTS = (
    ("object", ("properties", "required", "additionalProperties", "patternProperties")),
    ("array", ("items", "prefixItems", "minItems", "maxItems", "uniqueItems")),
    ("string", ("minLength", "maxLength", "pattern", "format")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)


def generate_instance(schema: Mapping[str, Any] | bool, rng: random.Random) -> Any:
    """Generates an instance that validates against a JSON schema.

    Supports what pydantic writes and what structured output of OpenAI, Anthropic and guided
    decoding accepts. Of `oneOf` one alternative is generated; whether others match too is not
    checked.

    Args:
        schema: JSON schema, with its definitions under `$defs` or `definitions`.
        rng: Source of randomness. The same state generates the same instance.

    Returns:
        JSON data: dicts, lists, strings, numbers, booleans and None.

    Raises:
        ValueError: The schema contradicts itself, has no finite instance, or uses a keyword or a
            pattern that is not supported (`not`, `if`, `contains`, ...).
    """
    try:
        return _Generator(schema, rng).generate(schema, depth=0)
    except RecursionError:
        raise ValueError("schema requires itself, so that no instance is finite") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"schema is malformed: {error}") from error


class _Generator:
    def __init__(self, root: Mapping[str, Any] | bool, rng: random.Random) -> None:
        self._root = root
        self._rng = rng

    def generate(self, schema: Any, *, depth: int) -> Any:
        plain = self._resolve(schema, depth)
        if "const" in plain:
            return plain["const"]
        types = _types_of(plain)
        if "enum" in plain:
            python = {each for name in types for each in _TYPES[name]}
            allowed = [value for value in plain["enum"] if type(value) in python]
            if not allowed:
                raise ValueError(f"enum {plain['enum']!r} has no value of type {types}")
            return self._rng.choice(allowed)
        if depth >= _MAX_DEPTH:
            types = [name for name in types if name not in ("object", "array")] or types
        match self._rng.choice(types):
            case "object":
                return self._object(plain, depth)
            case "array":
                return self._array(plain, depth)
            case "string":
                return generate_string(plain, self._rng)
            case "integer":
                return generate_integer(plain, self._rng)
            case "number":
                return generate_number(plain, self._rng)
            case "boolean":
                return self._rng.random() < 0.5
            case "null":
                return None
            case other:
                raise ValueError(f"schema has an unknown type {other!r}")

    def _resolve(self, schema: Any, depth: int) -> dict[str, Any]:
        """Returns a schema without `$ref`, `allOf`, `anyOf` and `oneOf`: picks an alternative."""
        flat = self._flatten(schema)
        key = next((key for key in ("anyOf", "oneOf") if key in flat), None)
        if key is None:
            return flat
        alternatives = flat.pop(key)
        ordered = self._rng.sample(alternatives, len(alternatives))
        if depth >= _MAX_DEPTH:
            ordered.sort(key=lambda alternative: self._height(alternative, frozenset()))
        problems = []
        for alternative in ordered:
            try:
                return self._resolve(merge_schemas(flat, self._flatten(alternative)), depth)
            except ValueError as error:
                problems.append(str(error))
        raise ValueError(f"schema has no usable alternative in {key!r}: {'; '.join(problems)}")

    def _flatten(self, schema: Any) -> dict[str, Any]:
        """Merges the targets of `$ref` and the parts of `allOf` into a schema."""
        if schema is True:
            return {}
        if not isinstance(schema, Mapping):
            raise ValueError(f"schema allows no value here: {schema!r}")
        if unsupported := [key for key in _UNSUPPORTED if key in schema]:
            raise ValueError(
                f"schema keyword {unsupported[0]!r} is not supported by the simulated model"
            )
        flat = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        parts = [self._target(schema["$ref"])] if "$ref" in schema else []
        for part in [*parts, *schema.get("allOf", ())]:
            flat = merge_schemas(flat, self._flatten(part))
        return flat

    def _target(self, reference: str) -> Any:
        if not f"{reference}/".startswith("#/"):
            raise ValueError(f"$ref {reference!r} points outside the schema")
        target: Any = self._root
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            try:
                target = target[int(name) if isinstance(target, list) else name]
            except (LookupError, TypeError, ValueError):
                raise ValueError(f"$ref {reference!r} is not defined in the schema") from None
        return target

    def _height(self, schema: Any, seen: frozenset[str]) -> float:
        """Counts the levels that a schema requires; infinite for one that requires itself."""
        if not isinstance(schema, Mapping):
            return 0
        heights: list[float] = [0]
        if "$ref" in schema:
            if schema["$ref"] in seen:
                return math.inf
            target = self._target(schema["$ref"])
            heights.append(self._height(target, seen | {schema["$ref"]}))
        heights += (self._height(part, seen) for part in schema.get("allOf", ()))
        for key in ("anyOf", "oneOf"):
            if key in schema:
                heights.append(min(self._height(part, seen) for part in schema[key]))
        if schema.get("type") == "array":
            inner = [*schema.get("prefixItems", ())]
            if schema.get("minItems", 0) > len(inner):
                inner.append(schema.get("items"))
        else:
            properties = schema.get("properties", {})
            inner = [properties.get(name) for name in schema.get("required", ())]
        if inner:
            heights.append(1 + max(self._height(part, seen) for part in inner))
        return max(heights)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        extra = schema.get("additionalProperties", True)
        patterns = schema.get("patternProperties", {})
        fewest, most = schema.get("minProperties", 0), schema.get("maxProperties", math.inf)
        made: dict[str, Any] = {}
        room = 0 if depth >= _MAX_DEPTH else most - len(required)
        for name, part in properties.items():
            wanted = room > 0 and self._rng.random() < _OPTIONAL_SHARE
            if name in required or wanted:
                made[name] = self.generate(part, depth=depth + 1)
                room -= name not in required
        for name in required:
            if name not in made:
                made[name] = self.generate(extra, depth=depth + 1)
        wished = fewest
        if depth < _MAX_DEPTH and (isinstance(extra, Mapping) or patterns):
            wished = max(fewest, min(most, len(made) + self._rng.randint(1, _EXTRA_ITEMS)))
        for _ in range(_MAX_ATTEMPTS):
            if len(made) >= wished:
                break
            name, part = self._extra_property(schema, patterns, extra)
            if name not in made:
                made[name] = self.generate(properties.get(name, part), depth=depth + 1)
        if not fewest <= len(made) <= most:
            raise ValueError(f"no object of {fewest} to {most} properties was found")
        return made

    def _extra_property(
        self, schema: Mapping[str, Any], patterns: Mapping[str, Any], extra: Any
    ) -> tuple[str, Any]:
        if patterns:
            pattern = self._rng.choice(list(patterns))
            return generate_match(pattern, self._rng), patterns[pattern]
        if "propertyNames" in schema:
            names = {"type": "string", **schema["propertyNames"]}
            return self.generate(names, depth=0), extra
        return f"{filler_text.words(1, self._rng)}_{self._rng.randint(1, 99)}", extra

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        rest = schema.get("items", True)
        fewest, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        most = len(first) if rest is False else most
        if fewest > most:
            raise ValueError(f"minItems {fewest} is greater than the maximum of {most} items")
        wanted = max(fewest, len(first))
        if depth >= _MAX_DEPTH:
            wanted = fewest
        elif rest is not False:
            wanted += self._rng.randint(0 if wanted else 1, max(1, _EXTRA_ITEMS - depth))
        wanted = min(wanted, most)
        made: list[Any] = []
        seen: set[bytes] = set()
        for _ in range(_MAX_ATTEMPTS + int(wanted)):
            if len(made) >= wanted:
                break
            part = first[len(made)] if len(made) < len(first) else rest
            item = self.generate(part, depth=depth + 1)
            key = orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
            if not schema.get("uniqueItems") or key not in seen:
                seen.add(key)
                made.append(item)
        if len(made) < fewest:
            raise ValueError(f"no {fewest} unique items were found")
        return made


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    if "type" in schema:
        types = schema["type"]
        return [types] if isinstance(types, str) else list(types)
    if "enum" in schema:
        return list(_TYPES)
    for name, hints in _TYPE_HINTS:
        if any(hint in schema for hint in hints):
            return [name]
    return ["string"]
