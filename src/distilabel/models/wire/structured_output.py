"""Structures: the form a user wants answers to have, as each protocol writes it.

Knows the dicts of `structured_output`; asks nobody.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from distilabel.errors import DistilabelUserError

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


def json_schema_of(schema: Any) -> dict[str, Any]:
    """A JSON schema, given as such, as JSON text or as a pydantic class.

    Raises:
        DistilabelUserError: it is none of these.
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
            "the schema of a structured_output is a pydantic class, a JSON schema or its text"
        )
    return schema


def _checked(structure: Any) -> Any:
    if not structure.get("schema"):
        raise DistilabelUserError(
            "a structured_output needs 'schema': a pydantic class or a JSON schema"
        )
    return structure["schema"]


def _name_of(schema: dict[str, Any]) -> str:
    return _NOT_IN_A_NAME.sub("_", str(schema.get("title") or "answer"))[:64]


def tool(structure: Any) -> dict[str, Any] | None:
    """The tool of Anthropic's messages that an answer with a structure is given to.

    Args:
        structure: `schema`, of an object.

    Raises:
        DistilabelUserError: there is no `schema`, or it is none of an object.
    """
    if not structure:
        return None
    given = _checked(structure)
    schema = None if structure.get("format") == "regex" else json_schema_of(given)
    if schema is None or schema.get("type", "object") != "object":
        raise DistilabelUserError(
            "here the schema of a structured_output has to be that of an object, not of a text, a "
            "list or a number: put it into a property of one"
        )
    return {
        "name": _name_of(schema),
        "description": "Takes the whole answer.",
        "input_schema": {"type": "object", **schema},
    }


def response_format(structure: Any) -> dict[str, Any] | None:
    """The `response_format` of chat completions.

    Args:
        structure: `schema`, and `format`: `"json"`, or `"regex"` for a pattern, which TGI and its
            kin understand and OpenAI refuses.

    Raises:
        DistilabelUserError: there is no `schema`, or it is no schema.
    """
    if not structure:
        return None
    given = _checked(structure)
    if structure.get("format") == "regex":
        return {"type": "regex", "value": given}
    schema = json_schema_of(given)
    closed, strict = _closed(schema)
    described: dict[str, Any] = {"name": _name_of(schema), "schema": closed}
    if strict:
        described["strict"] = True
    return {"type": "json_schema", "json_schema": described}


def grammar(structure: Any) -> dict[str, Any] | None:
    """The `grammar` of Text Generation Inference.

    Raises:
        DistilabelUserError: `format` or `schema` is missing, or is not understood.
    """
    if not structure:
        return None
    missing = [key for key in ("format", "schema") if not structure.get(key)]
    if missing:
        raise DistilabelUserError(
            f"a structured_output needs 'format' and 'schema': {' and '.join(missing)} missing"
        )
    if structure["format"] == "regex":
        return {"type": "regex", "value": structure["schema"]}
    if structure["format"] == "json":
        return {"type": "json", "value": json_schema_of(structure["schema"])}
    raise DistilabelUserError(
        f"the format of a structured_output is 'json' or 'regex', not {structure['format']!r}"
    )


def _closed(schema: Any) -> tuple[Any, bool]:
    """The schema with its objects closed, and whether strict mode takes it.

    Strict mode is what makes OpenAI keep to a schema. It wants every object closed and every
    property required: the first is added where nothing was said, the second would change what was
    meant, so a schema with a property that may be left out is sent without strict mode.
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
