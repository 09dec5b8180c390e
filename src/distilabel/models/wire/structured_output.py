"""Converts `structured_output` to the format of each protocol."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import orjson
from pydantic.errors import PydanticUserError

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.strict_schema import resolved_root, strict_schema

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")
_CHOICES: Final = frozenset({"anyOf", "oneOf", "allOf"})


def json_schema_of(schema: Any) -> dict[str, Any]:
    """Returns a JSON schema as a dict.

    Args:
        schema: Pydantic class, JSON schema or JSON text.

    Raises:
        DistilabelUserError: The schema is none of these, or the class has no JSON schema.
    """
    if hasattr(schema, "model_json_schema"):
        try:
            schema = schema.model_json_schema()
        except PydanticUserError as error:
            reason = str(error).splitlines()[0]
            raise DistilabelUserError(
                f"structured_output: the class {schema.__name__} has no JSON schema: {reason}. Use "
                "fields of types that JSON has."
            ) from error
    if isinstance(schema, str):
        try:
            schema = orjson.loads(schema)
        except orjson.JSONDecodeError:
            schema = None
    if not isinstance(schema, dict):
        raise DistilabelUserError(
            "structured_output: 'schema' must be a pydantic class, a JSON schema or JSON text."
        )
    return schema


def _schema_in(structure: Any) -> Any:
    if not structure.get("schema"):
        raise DistilabelUserError(
            "structured_output: 'schema' is missing. Set it to a pydantic class or a JSON schema."
        )
    return structure["schema"]


def _name_of(schema: dict[str, Any]) -> str:
    return _NOT_IN_A_NAME.sub("_", str(schema.get("title") or "answer"))[:64]


def tool(structure: Any) -> dict[str, Any] | None:
    """Returns the tool of Anthropic's messages whose input is a structured answer.

    Args:
        structure: `structured_output`, with a `schema` of type object.

    Raises:
        DistilabelUserError: `schema` is missing, or is not of type object.
    """
    if not structure:
        return None
    given = _schema_in(structure)
    schema = None if structure.get("format") == "regex" else resolved_root(json_schema_of(given))
    # A tool takes no choice between objects either.
    if schema is None or schema.get("type", "object") != "object" or schema.keys() & _CHOICES:
        raise DistilabelUserError(
            "structured_output: 'schema' must be of type object for this provider, not a text, a "
            "list, a number or a union. Put the value into a property of an object."
        )
    return {
        "name": _name_of(schema),
        "description": "Takes the whole answer.",
        "input_schema": {"type": "object", **schema},
    }


def response_format(structure: Any) -> dict[str, Any] | None:
    """Returns the `response_format` of chat completions.

    Args:
        structure: `structured_output`, with `schema` and maybe `format`. The format `"regex"` is
            supported by TGI and similar servers, not by OpenAI.

    Raises:
        DistilabelUserError: `schema` is missing or invalid.
    """
    if not structure:
        return None
    given = _schema_in(structure)
    if structure.get("format") == "regex":
        return {"type": "regex", "value": given}
    try:
        text = orjson.dumps(given if isinstance(given, dict) else json_schema_of(given))
    except TypeError as error:
        raise DistilabelUserError(
            f"structured_output: 'schema' has a value that JSON has not: {error}."
        ) from error
    return {"type": "json_schema", "json_schema": _described(text)}


@lru_cache(maxsize=64)
def _described(text: bytes) -> dict[str, Any]:
    """Returns the `json_schema` of a schema, with strict mode where its rules allow it."""
    schema = resolved_root(orjson.loads(text))
    strict = strict_schema(schema)
    described = {"name": _name_of(schema), "schema": _closed(schema) if strict is None else strict}
    return described if strict is None else {**described, "strict": True}


def grammar(structure: Any) -> dict[str, Any] | None:
    """Returns the `grammar` of Text Generation Inference.

    Args:
        structure: `structured_output`, with `format` and `schema`.

    Raises:
        DistilabelUserError: `format` or `schema` is missing or invalid.
    """
    if not structure:
        return None
    missing = [key for key in ("format", "schema") if not structure.get(key)]
    if missing:
        raise DistilabelUserError(
            f"structured_output: {' and '.join(missing)} missing. Set 'format' and 'schema'."
        )
    if structure["format"] == "regex":
        return {"type": "regex", "value": structure["schema"]}
    if structure["format"] == "json":
        return {"type": "json", "value": json_schema_of(structure["schema"])}
    raise DistilabelUserError(
        f"structured_output: 'format' must be 'json' or 'regex', not {structure['format']!r}."
    )


def _closed(schema: Any) -> Any:
    """Returns the schema with its objects closed that do not say whether they are.

    Outside strict mode, models follow a closed schema better, and it is harmless.
    """
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs", "definitions") and isinstance(value, dict):
            closed[key] = {name: _closed(sub) for name, sub in value.items()}
        elif key in ("items", "anyOf", "prefixItems"):
            closed[key] = _closed(value)
        else:
            closed[key] = value
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed
