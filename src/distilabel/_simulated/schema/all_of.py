"""One JSON schema that asks for all that two schemas ask for; knows nothing of making data."""

import math
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_ANNOTATIONS = frozenset(
    [
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$id",
        "$schema",
        "$defs",
        "definitions",
        "discriminator",
        "format",
    ]
)
_LARGEST_WINS = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"])
_SMALLEST_WINS = frozenset(
    ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"]
)


def merge_schemas(one: Schema, other: Schema) -> dict[str, Any]:
    """Joins two schemas into one whose data validates against both.

    Args:
        one: A schema; its annotations (`title`, `description`, ...) win.
        other: The schema to add.

    Returns:
        The joined schema; nested parts that cannot be joined at once are kept under `allOf`.

    Raises:
        ValueError: The two contradict each other, or use keywords that cannot be joined.
    """
    result = dict(one)
    for key, value in other.items():
        result[key] = _joined(key, result[key], value) if key in result else value
    return result


def _joined(key: str, one: Any, other: Any) -> Any:
    if key in _ANNOTATIONS or one == other:
        return one
    if key in _LARGEST_WINS:
        return max(one, other)
    if key in _SMALLEST_WINS:
        return min(one, other)
    match key:
        case "type":
            return _common_types(_as_list(one), _as_list(other))
        case "required":
            return [*one, *(name for name in other if name not in one)]
        case "enum":
            common = [value for value in one if value in other]
            if common:
                return common
        case "properties" | "patternProperties":
            shared = {name: _both(one[name], other[name]) for name in one if name in other}
            return {**one, **other, **shared}
        case "items" | "additionalProperties" | "propertyNames":
            return _both(one, other)
        case "prefixItems":
            longer, shorter = sorted((one, other), key=len, reverse=True)
            joined = [_both(a, b) for a, b in zip(longer, shorter, strict=False)]
            return [*joined, *longer[len(shorter) :]]
        case "multipleOf" if isinstance(one, int) and isinstance(other, int):
            return math.lcm(one, other)
        case "uniqueItems":
            return True
    raise ValueError(f"the schema asks for {key} {one!r} and {other!r} at the same place")


def _both(one: Any, other: Any) -> Any:
    if one is False or other is False:
        return False
    if one is True:
        return other
    if other is True:
        return one
    return {"allOf": [one, other]}


def _common_types(one: list[str], other: list[str]) -> list[str]:
    common = [kind for kind in one if kind in other]
    if "integer" not in common and {"integer", "number"} <= {*one, *other}:
        common.append("integer")
    if not common:
        raise ValueError(f"the schema asks for type {one} and type {other} at the same place")
    return common


def _as_list(types: Any) -> list[str]:
    return [types] if isinstance(types, str) else list(types)
