"""Rewrites JSON schemas for OpenAI's strict mode, which accepts a part of JSON Schema only.

The rules are those of https://platform.openai.com/docs/guides/structured-outputs. A request that
breaks one is rejected, for every row, so a schema that may break one is not sent as strict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

import orjson

_MOST_LEVELS: Final = 10
_MOST_PROPERTIES: Final = 5_000
_MOST_ENUM_VALUES: Final = 1_000
_MOST_CHARACTERS: Final = 120_000
# An enum of more texts than this may have only so many characters.
_LARGE_ENUM: Final = 250
_MOST_ENUM_CHARACTERS: Final = 15_000
# Inlining repeats a definition wherever it is used.
_MOST_NODES: Final = 20_000

_TYPES: Final = frozenset({"string", "number", "boolean", "integer", "object", "array", "null"})
_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_ANNOTATIONS: Final = frozenset({"title", "description", "examples"})
_KEYWORDS: Final = _ANNOTATIONS | frozenset(
    {
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "multipleOf",
        "pattern",
        "properties",
        "required",
        "type",
    }
)
_DEFINITIONS: Final = ("$defs", "definitions")
_AT_THE_ROOT: Final = frozenset({"$schema", "$id", *_DEFINITIONS})
_LOOKS_AROUND: Final = re.compile(r"\(\?[=!<]")


class _NotAccepted(Exception):
    """Strict mode does not accept a schema."""


def strict_schema(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Returns an equivalent schema that strict mode accepts; None if there is none.

    Objects that say nothing about other properties are closed. A reference with keywords beside it
    is replaced by its definition. Examples become part of the description.

    Args:
        schema: JSON schema; not changed.
    """
    try:
        return _Rewriter(schema).result()
    except (_NotAccepted, RecursionError):
        return None


def resolved_root(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns a schema with the definition in place of a reference at its root.

    Args:
        schema: JSON schema; not changed.
    """
    followed: set[str] = set()
    while isinstance(schema.get("$ref"), str) and schema["$ref"] not in followed:
        followed.add(schema["$ref"])
        try:
            target = _target(schema, schema["$ref"])
        except _NotAccepted:
            break
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**target, **rest}
    return schema


def _target(root: dict[str, Any], ref: str) -> dict[str, Any]:
    """Returns the part of a schema that a reference points to."""
    if not ref.startswith("#"):
        raise _NotAccepted
    node: Any = root
    for part in unquote(ref[1:]).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict) and name in node:
            node = node[name]
        else:
            raise _NotAccepted
    if not isinstance(node, dict):
        raise _NotAccepted
    return node


class _Rewriter:
    def __init__(self, schema: dict[str, Any]) -> None:
        self._root = resolved_root(schema)
        # References that are being replaced, to notice recursion.
        self._replacing: list[str] = []
        self._definitions: dict[str, dict[str, dict[str, Any]]] = {}
        self._nodes = 0

    def result(self) -> dict[str, Any]:
        root = self._root
        if root.get("type") != "object" or "anyOf" in root:
            raise _NotAccepted
        outer: dict[str, Any] = {k: root[k] for k in ("$schema", "$id") if k in root}
        inner = {key: value for key, value in root.items() if key not in _AT_THE_ROOT}
        body = self._rewritten(inner)
        result = {**outer, **self._definitions, **body}
        if not _is_within_limits(result):
            raise _NotAccepted
        return result

    def _rewritten(self, node: Any) -> dict[str, Any]:
        self._nodes += 1
        if not isinstance(node, dict) or self._nodes > _MOST_NODES:
            raise _NotAccepted
        before = len(self._replacing)
        node = self._without_reference(node)
        result = self._rewritten_keywords(node)
        del self._replacing[before:]
        return result

    def _without_reference(self, node: dict[str, Any]) -> dict[str, Any]:
        """Replaces a reference that has other keywords beside it by its definition."""
        parts = node.get("allOf")
        if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
            node = _merged(parts[0], {k: v for k, v in node.items() if k != "allOf"})
        ref = node.get("$ref")
        if ref is None:
            return node
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        if not siblings and self._defined(ref):
            return node
        if ref in self._replacing:
            if not siblings.keys() <= _ANNOTATIONS or not self._defined(ref):
                raise _NotAccepted
            return {"anyOf": [{"$ref": ref}], **siblings}
        self._replacing.append(ref)
        target = _target(self._root, ref)
        return self._without_reference(_merged(target, siblings))

    def _defined(self, ref: Any) -> bool:
        """Whether a reference may stay; its definition is then part of the result."""
        if ref == "#":
            return True
        if not isinstance(ref, str):
            raise _NotAccepted
        start, _, name = ref[2:].partition("/")
        if not ref.startswith("#/") or start not in _DEFINITIONS or "/" in name:
            return False
        target = _target(self._root, ref)
        definitions = self._definitions.setdefault(start, {})
        key = unquote(name).replace("~1", "/").replace("~0", "~")
        if key not in definitions:
            definitions[key] = {}  # being written: a definition may refer to itself
            outer, self._replacing = self._replacing, [ref]
            definitions[key] = self._rewritten(target)
            self._replacing = outer
        return True

    def _rewritten_keywords(self, node: dict[str, Any]) -> dict[str, Any]:
        if not node.keys() <= _KEYWORDS or not node.keys() & {"type", "anyOf", "$ref"}:
            raise _NotAccepted
        result = dict(node)
        if "anyOf" in node:
            if not isinstance(node["anyOf"], list) or not node["anyOf"]:
                raise _NotAccepted
            result["anyOf"] = [self._rewritten(part) for part in node["anyOf"]]
        types = node.get("type", [])
        types = [types] if isinstance(types, str) else types
        if not isinstance(types, list) or not _TYPES.issuperset(types):
            raise _NotAccepted
        if "object" in types or "properties" in node:
            self._close(node, result)
        if "array" in types or "items" in node:
            result["items"] = self._rewritten(node.get("items"))
        if node.get("format", "date") not in _FORMATS:
            raise _NotAccepted
        if _LOOKS_AROUND.search(str(node.get("pattern", ""))):
            raise _NotAccepted
        examples = result.pop("examples", None)
        if examples:
            text = f"Examples: {orjson.dumps(examples).decode()}"
            described = result.get("description")
            result["description"] = f"{described}\n\n{text}" if described else text
        return result

    def _close(self, node: dict[str, Any], result: dict[str, Any]) -> None:
        properties = node.get("properties")
        if not isinstance(properties, dict) or node.get("additionalProperties", False) is not False:
            raise _NotAccepted
        # To require a property would change the meaning of the schema.
        if set(node.get("required") or ()) != set(properties):
            raise _NotAccepted
        result["properties"] = {name: self._rewritten(part) for name, part in properties.items()}
        result["additionalProperties"] = False
        result["required"] = list(node.get("required") or ())


def _merged(target: dict[str, Any], siblings: dict[str, Any]) -> dict[str, Any]:
    """Adds the keywords beside a reference to its definition."""
    both = target.keys() & siblings.keys() - _ANNOTATIONS
    if any(target[key] != siblings[key] for key in both):
        raise _NotAccepted  # both apply, and one dict cannot say so
    return {**target, **siblings}


def _parts(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the schemas directly inside another."""
    yield from node.get("properties", {}).values()
    if "items" in node:
        yield node["items"]
    yield from node.get("anyOf", ())


def _is_within_limits(root: dict[str, Any]) -> bool:
    definitions = [d for start in _DEFINITIONS for d in root.get(start, {}).items()]
    properties = values = 0
    characters = sum(len(name) for name, _ in definitions)
    left = [root, *(node for _, node in definitions)]
    while left:
        node = left.pop()
        left += _parts(node)
        names = node.get("properties", {})
        properties += len(names)
        enum = node.get("enum", ())
        values += len(enum)
        texts = sum(len(value) for value in enum if isinstance(value, str))
        if len(enum) > _LARGE_ENUM and texts > _MOST_ENUM_CHARACTERS:
            return False
        characters += texts + sum(map(len, names)) + len(str(node.get("const", "")))
    return (
        properties <= _MOST_PROPERTIES
        and values <= _MOST_ENUM_VALUES
        and characters <= _MOST_CHARACTERS
        and _levels(root, root, {}) <= _MOST_LEVELS
    )


def _levels(root: dict[str, Any], node: dict[str, Any], known: dict[str, int]) -> int:
    """Returns how many objects and lists are nested; a recursive reference adds none."""
    ref = node.get("$ref")
    if ref is not None:
        if ref not in known and ref != "#":
            known[ref] = 0
            known[ref] = _levels(root, _target(root, ref), known)
        return known.get(ref, 0)
    inner = max((_levels(root, part, known) for part in _parts(node)), default=0)
    return inner + bool(node.keys() & {"properties", "items"})
