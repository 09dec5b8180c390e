"""Merges JSON schemas that apply to the same value, such as the parts of `allOf`."""

from collections.abc import Mapping
from typing import Any

_ANNOTATIONS = frozenset(
    (
        *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
        *("$comment", "$id", "$schema", "$defs", "definitions", "discriminator", "format"),
    )
)


def merge_schemas(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Merges two schemas into one whose instances validate against both.

    Args:
        first: A schema. Its annotations (`title`, `description`, ...) win.
        second: The schema to add.

    Returns:
        The merged schema. A property of both schemas becomes an `allOf` of the two.

    Raises:
        ValueError: Both schemas set the same keyword, other than `properties` and `required`, to
            different values.
    """
    merged = dict(first)
    for key, value in second.items():
        present = merged.setdefault(key, value)
        if present == value or key in _ANNOTATIONS:
            continue
        if key == "properties":
            shared = {
                name: {"allOf": [present[name], value[name]]}
                for name in present.keys() & value.keys()
            }
            merged[key] = {**present, **value, **shared}
        elif key == "required":
            merged[key] = [*present, *(name for name in value if name not in present)]
        else:
            raise ValueError(f"schema sets {key!r} to both {present!r} and {value!r}")
    return merged
