"""Data that validates against a JSON schema; knows nothing of prompts, models or the wire."""

import math
import random
from collections.abc import Mapping
from typing import Any

import orjson

from distilabel._simulated import filler_text
from distilabel._simulated.schema.all_of import merge_schemas
from distilabel._simulated.schema.pattern import generate_match
from distilabel._simulated.schema.scalars import generate_integer, generate_number, generate_string

# From this depth on only what the schema insists on is made: so recursive schemas come to an end.
_DEEPEST = 4
_OPTIONAL_SHARE = 0.8
_EXTRA_ITEMS = 3
_TRIES = 100

_NOT_SIMULATED = ("not", "if", "contains", "dependentSchemas", "dependentRequired", "$dynamicRef")
_ALL_TYPES = ("object", "array", "string", "number", "boolean", "null")
_TYPE_HINTS = (
    ("object", ("properties", "required", "additionalProperties", "patternProperties")),
    ("array", ("items", "prefixItems", "minItems", "maxItems", "uniqueItems")),
    ("string", ("minLength", "maxLength", "pattern", "format")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)


def generate_instance(schema: Mapping[str, Any] | bool, rng: random.Random) -> Any:
    """Makes data that validates against a JSON schema.

    Args:
        schema: The schema, with its definitions under `$defs` or `definitions`.
        rng: The source of chance: the same state makes the same data.

    Returns:
        What `json.loads` could have returned: dicts, lists, strings, numbers, booleans, None.

    Raises:
        ValueError: The schema contradicts itself, never comes to an end, or uses a keyword or a
            pattern that is not simulated (`not`, `if`, `contains`, ...).

    Of `oneOf` one alternative is made; that the others do not match as well is not checked.
    """
    try:
        return _Maker(schema, rng).make(schema, depth=0)
    except RecursionError:
        raise ValueError("the schema requires itself without end") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the schema is malformed: {error}") from error


class _Maker:
    def __init__(self, root: Mapping[str, Any] | bool, rng: random.Random) -> None:
        self._root = root
        self._rng = rng

    def make(self, schema: Any, *, depth: int) -> Any:
        plain = self._settled(*self._demands(schema), depth)
        if "const" in plain:
            return plain["const"]
        kinds = _types_of(plain)
        if "enum" in plain:
            allowed = [value for value in plain["enum"] if _has_type(value, kinds)]
            if not allowed:
                raise ValueError(f"no value of the enum {plain['enum']!r} has the type asked for")
            return self._rng.choice(allowed)
        if depth >= _DEEPEST:
            kinds = [kind for kind in kinds if kind not in ("object", "array")] or kinds
        match self._rng.choice(kinds):
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
                raise ValueError(f"the schema asks for the type {other!r}, which JSON has not")

    def _demands(self, schema: Any) -> tuple[dict[str, Any], list[list[Any]]]:
        """Follows references and `allOf`; gives the direct demands, and the choices left open."""
        if schema is True:
            return {}, []
        if not isinstance(schema, Mapping):
            raise ValueError(f"the schema allows nothing here: {schema!r}")
        if unknown := [key for key in _NOT_SIMULATED if key in schema]:
            raise ValueError(f"the schema keyword {unknown[0]!r} is not simulated")
        followed = ("$ref", "allOf", "anyOf", "oneOf")
        plain = {key: value for key, value in schema.items() if key not in followed}
        choices = [list(schema[key]) for key in ("anyOf", "oneOf") if key in schema]
        parts = [self._target(schema["$ref"])] if "$ref" in schema else []
        for part in [*parts, *schema.get("allOf", ())]:
            demands, further = self._demands(part)
            plain = merge_schemas(plain, demands)
            choices += further
        return plain, choices

    def _settled(
        self, plain: dict[str, Any], choices: list[list[Any]], depth: int
    ) -> dict[str, Any]:
        """Picks one alternative of each choice, such that they can all be met at once."""
        if not choices:
            return plain
        ordered = self._rng.sample(choices[0], len(choices[0]))
        if depth >= _DEEPEST:
            ordered.sort(key=lambda option: self._height(option, frozenset()))
        problems = []
        for option in ordered:
            try:
                demands, further = self._demands(option)
                return self._settled(merge_schemas(plain, demands), [*further, *choices[1:]], depth)
            except ValueError as error:
                problems.append(str(error))
        raise ValueError(f"none of the alternatives can be made: {'; '.join(problems)}")

    def _target(self, reference: str) -> Mapping[str, Any]:
        if not reference.startswith("#"):
            raise ValueError(f"the reference {reference!r} leads outside the schema")
        target: Any = self._root
        for step in reference.lstrip("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(target, list) and name.isdigit() and int(name) < len(target):
                target = target[int(name)]
            elif isinstance(target, Mapping) and name in target:
                target = target[name]
            else:
                raise ValueError(f"the reference {reference!r} leads nowhere in the schema")
        return {} if target is True else target

    def _height(self, schema: Any, seen: frozenset[str]) -> float:
        """Counts the levels that a schema insists on at least; infinite when it has no end."""
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
                heights.append(min(self._height(option, seen) for option in schema[key]))
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
        most = schema.get("maxProperties", math.inf)
        made: dict[str, Any] = {}
        room = 0 if depth >= _DEEPEST else most - len(required)
        for name, part in properties.items():
            wanted = part is not False and room > 0 and self._rng.random() < _OPTIONAL_SHARE
            if name in required or wanted:
                made[name] = self.make(part, depth=depth + 1)
                room -= name not in required
        for name in required:
            if name not in made:
                made[name] = self.make(extra, depth=depth + 1)
        fewest = wished = schema.get("minProperties", 0)
        if depth < _DEEPEST and (isinstance(extra, Mapping) or patterns):
            wished = max(fewest, min(most, len(made) + self._rng.randint(1, _EXTRA_ITEMS)))
        for _ in range(_TRIES):
            if len(made) >= wished:
                break
            name, part = self._extra_key(schema, patterns, extra)
            if name not in made:
                made[name] = self.make(properties.get(name, part), depth=depth + 1)
        if not schema.get("minProperties", 0) <= len(made) <= most:
            raise ValueError(
                f"no object of {schema.get('minProperties', 0)} to {most} keys was found"
            )
        return made

    def _extra_key(
        self, schema: Mapping[str, Any], patterns: Mapping[str, Any], extra: Any
    ) -> tuple[str, Any]:
        if patterns:
            pattern = self._rng.choice(list(patterns))
            return generate_match(pattern, self._rng), patterns[pattern]
        if "propertyNames" in schema:
            return self.make(
                merge_schemas({"type": "string"}, schema["propertyNames"]), depth=0
            ), extra
        return f"{filler_text.words(1, self._rng)}_{self._rng.randint(1, 99)}", extra

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        rest = schema.get("items", True)
        fewest, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        most = len(first) if rest is False else most
        if fewest > most:
            raise ValueError(f"the schema asks for at least {fewest} items and at most {most}")
        wanted = max(fewest, len(first))
        if depth < _DEEPEST and rest is not False:
            wanted += self._rng.randint(0 if wanted else 1, max(1, _EXTRA_ITEMS - depth))
        elif depth >= _DEEPEST:
            wanted = fewest
        wanted = min(wanted, most)
        made: list[Any] = []
        seen: set[bytes] = set()
        for _ in range(_TRIES + int(wanted)):
            if len(made) >= wanted:
                break
            part = first[len(made)] if len(made) < len(first) else rest
            item = self.make(part, depth=depth + 1)
            key = orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
            if not schema.get("uniqueItems") or key not in seen:
                seen.add(key)
                made.append(item)
        if len(made) < fewest:
            raise ValueError(f"no {fewest} different items were found for the schema")
        return made


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    if "type" in schema:
        kinds = schema["type"]
        return [kinds] if isinstance(kinds, str) else list(kinds)
    for kind, hints in _TYPE_HINTS:
        if any(hint in schema for hint in hints):
            return [kind]
    return (
        ["object", "array", "string", "number", "boolean", "null"]
        if "enum" in schema
        else ["string"]
    )


def _has_type(value: Any, kinds: list[str]) -> bool:
    match value:
        case bool():
            return "boolean" in kinds
        case None:
            return "null" in kinds
        case int():
            return "integer" in kinds or "number" in kinds
        case float():
            return "number" in kinds or ("integer" in kinds and value.is_integer())
        case str():
            return "string" in kinds
        case list():
            return "array" in kinds
        case _:
            return "object" in kinds
