"""Turns JSON schemas into pydantic classes."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Literal, Optional, Tuple, Type, Union

from pydantic import BaseModel, ConfigDict, Field, create_model

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.structure import json_schema_of

_TYPES: Final[dict[str, Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": None,
}
# Keywords of JSON schemas → arguments of pydantic's `Field`.
_CONSTRAINTS: Final = {
    "title": "title",
    "description": "description",
    "examples": "examples",
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
    "pattern": "pattern",
}


def schema_as_dict(schema: Union[str, Dict[str, Any], Type[BaseModel]]) -> Dict[str, Any]:
    """Returns a JSON schema as a dict.

    Args:
        schema: Pydantic class, JSON schema or JSON text.

    Raises:
        DistilabelUserError: The schema is none of these.
    """
    return json_schema_of(schema)


def json_schema_to_model(json_schema: Dict[str, Any]) -> Type[BaseModel]:
    """Returns a pydantic class for a JSON schema of an object.

    Args:
        json_schema: The schema, whose `$defs` are resolved.

    Raises:
        DistilabelUserError: The schema is not that of an object, or refers to itself.
    """
    return _model_of(resolve_refs(json_schema))


def resolve_refs(schema_element: Any, defs: Optional[Dict[str, Any]] = None) -> Any:
    """Returns a copy of a schema in which definitions replace the references to them.

    Args:
        schema_element: Schema, or a part of one.
        defs: Definitions by name; None for those in `$defs` of the schema.

    Raises:
        DistilabelUserError: A definition is missing, or refers to itself.
    """
    if defs is None:
        own = schema_element if isinstance(schema_element, dict) else {}
        defs = {**own.get("definitions", {}), **own.get("$defs", {})}
    return _resolved(schema_element, defs, ())


def _resolved(element: Any, defs: Dict[str, Any], within: Tuple[str, ...]) -> Any:
    if isinstance(element, list):
        return [_resolved(item, defs, within) for item in element]
    if not isinstance(element, dict):
        return element
    if isinstance(element.get("$ref"), str):
        name = element["$ref"].rpartition("/")[2]
        if name in within or name not in defs:
            problem = "refers to itself" if name in within else "is missing"
            raise DistilabelUserError(
                f"JSON schema: the definition {name!r} {problem}. Write a pydantic class instead."
            )
        rest = {key: value for key, value in element.items() if key != "$ref"}
        return {
            **_resolved(defs[name], defs, (*within, name)),
            **_resolved(rest, defs, within),
        }
    return {
        key: _resolved(value, defs, within)
        for key, value in element.items()
        if key not in ("$defs", "definitions")
    }


def json_schema_to_pydantic_field(
    name: str,
    json_schema: Dict[str, Any],
    required: List[str],
    defs: Optional[Dict[str, Any]] = None,
) -> Tuple[Any, Any]:
    """Returns the type and the `Field` of a property, as `pydantic.create_model` takes them.

    Args:
        name: Name of the property.
        json_schema: Schema of the property.
        required: Names of the properties that every object has.
        defs: Definitions that the schema refers to, by name.
    """
    schema = resolve_refs(json_schema, defs)
    kind = json_schema_to_pydantic_type(schema)
    given = {ours: schema[key] for key, ours in _CONSTRAINTS.items() if key in schema}
    if name in required:
        return kind, Field(default=..., **given)
    # A property that may be missing is None then, whether or not its schema has null.
    return Optional[kind], Field(default=schema.get("default"), **given)


def json_schema_to_pydantic_type(json_schema: Dict[str, Any]) -> Any:
    """Returns the Python type of the values of a schema without references.

    Args:
        json_schema: The schema.
    """
    if "enum" in json_schema or "const" in json_schema:
        values = json_schema["enum"] if "enum" in json_schema else [json_schema["const"]]
        return Literal[tuple(values)]
    if "anyOf" in json_schema or "oneOf" in json_schema:
        return handle_any_of(json_schema)
    if len(json_schema.get("allOf", ())) == 1:
        return json_schema_to_pydantic_type(json_schema["allOf"][0])
    kind = json_schema.get("type")
    if isinstance(kind, list):
        return handle_any_of({"anyOf": [{**json_schema, "type": each} for each in kind]})
    if kind == "array":
        return handle_array(json_schema)
    if kind == "object":
        return handle_object(json_schema)
    return _TYPES.get(str(kind), Any)


def handle_any_of(json_schema: Dict[str, Any]) -> Any:
    """Returns the union of the types that a schema with `anyOf` or `oneOf` allows.

    Args:
        json_schema: The schema.
    """
    parts = json_schema.get("anyOf") or json_schema.get("oneOf") or []
    return Union[tuple(json_schema_to_pydantic_type(part) for part in parts)]


def handle_array(json_schema: Dict[str, Any]) -> Any:
    """Returns the list type of the schema of an array.

    Args:
        json_schema: The schema.
    """
    items = json_schema.get("items")
    return List[json_schema_to_pydantic_type(items)] if items else List[Any]  # type: ignore[misc]


def handle_object(json_schema: Dict[str, Any]) -> Any:
    """Returns the type of the schema of an object: a class if it has properties, else a dict.

    Args:
        json_schema: The schema.
    """
    if json_schema.get("properties"):
        return _model_of(json_schema)
    values = json_schema.get("additionalProperties")
    kind = json_schema_to_pydantic_type(values) if isinstance(values, dict) else Any
    return Dict[str, kind]  # type: ignore[valid-type]


def _model_of(schema: Dict[str, Any]) -> Type[BaseModel]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        raise DistilabelUserError(
            "JSON schema: it has no `properties`. A class can be made of the schema of an object."
        )
    required = schema.get("required", [])
    fields: Dict[str, Any] = {
        name: json_schema_to_pydantic_field(name, part, required)
        for name, part in properties.items()
    }
    closed = schema.get("additionalProperties") is False
    config = ConfigDict(extra="forbid" if closed else "ignore", protected_namespaces=())
    name = str(schema.get("title") or "DynamicModel")
    return create_model(name, __config__=config, **fields)
