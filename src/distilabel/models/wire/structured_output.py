"""Converts `structured_output` to the format of each protocol."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from distilabel.errors import DistilabelUserError

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


def json_schema_of(schema: Any) -> dict[str, Any]:
    """Returns a JSON schema as a dict.

    Args:
        schema: Pydantic class, JSON schema or JSON text.

    Raises:
        DistilabelUserError: The schema is none of these.
    """
    if hasattr(schema, "model_json_schema"):
        schema = schema.model_json_schema()
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
    schema = None if structure.get("format") == "regex" else json_schema_of(given)
    if schema is None or schema.get("type", "object") != "object":
        raise DistilabelUserError(
            "structured_output: 'schema' must be of type object for this provider, not a text, a "
            "list or a number. Put the value into a property of an object."
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
    schema = json_schema_of(given)
    closed, strict = _closed(schema)
    described: dict[str, Any] = {"name": _name_of(schema), "schema": closed}
    if strict:
        described["strict"] = True
    return {"type": "json_schema", "json_schema": described}


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


def _closed(schema: Any) -> tuple[Any, bool]:
    """Returns the schema with its objects closed, and whether strict mode accepts it.

    OpenAI enforces a schema in strict mode only, in which every object must be closed and every
    property required. Closing an object whose schema does not say is harmless. Requiring a property
    would change the meaning, so a schema with optional properties is sent without strict mode.
    """
    if isinstance(schema, list):
        parts = [_closed(item) for item in schema]
        return [part for part, _ in parts], all(strict for _, strict in parts)
    if not isinstance(schema, dict):
        return schema, True
    closed: dict[str, Any] = {}
    strict = True
    for key, value in schema.items():
        if key in ("properties", "$defs", "definitions"):
            inner = {name: _closed(sub) for name, sub in value.items()}
            closed[key] = {name: sub for name, (sub, _) in inner.items()}
            strict = strict and all(fine for _, fine in inner.values())
        elif key in ("items", "anyOf", "prefixItems"):
            closed[key], fine = _closed(value)
            strict = strict and fine
        else:
            closed[key] = value
            strict = strict and key not in ("allOf", "oneOf", "not", "patternProperties", "default")
    if schema.get("type") == "object":
        if "properties" in schema:
            closed.setdefault("additionalProperties", False)
        required = set(schema.get("required") or ())
        strict = strict and closed.get("additionalProperties") is False
        strict = strict and required == set(schema.get("properties") or ())
    return closed, strict
