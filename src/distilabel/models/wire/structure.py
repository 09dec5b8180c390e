"""`Structure`: what an answer has to follow, whichever form a user wrote it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson
from pydantic.errors import PydanticUserError

from distilabel.errors import DistilabelUserError

StructureKind = Literal["json", "regex", "grammar", "choice"]


@dataclass(frozen=True, slots=True)
class Structure:
    """What an answer has to follow.

    Attributes:
        kind: What `value` is.
        value: A JSON schema (dict), a regular expression, a grammar in GBNF or Lark form, or the
            texts to choose from (list).
        cls: Pydantic class that the schema was made from; None for any other.
    """

    kind: StructureKind
    value: Any
    cls: type | None = None


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


def parse_structure(structured_output: Any) -> Structure | None:
    """Returns what a `structured_output` asks for; None if it asks for nothing.

    All forms of 1.5.3 are accepted: `{"format": ..., "schema": ...}` as for outlines, where the
    format may be left out, and `{"schema": ..., "mode": ..., "max_retries": ...}` as for
    instructor.

    Args:
        structured_output: Field of a model, or second item of a question.

    Raises:
        DistilabelUserError: `schema` is missing or not what the format needs.
    """
    if not structured_output:
        return None
    if not isinstance(structured_output, Mapping):
        raise DistilabelUserError(
            "structured_output: it must be a dict with 'format' and 'schema', not "
            f"{type(structured_output).__name__}."
        )
    schema = structured_output.get("schema")
    if not schema:
        raise DistilabelUserError(
            "structured_output: 'schema' is missing. Set it to a pydantic class, a JSON schema, a "
            "regular expression, a grammar or a list of texts, as 'format' says."
        )
    kind: Any = structured_output.get("format") or _kind_of(schema)
    if kind not in get_args(StructureKind):
        raise DistilabelUserError(
            f"structured_output: 'format' must be one of {', '.join(get_args(StructureKind))}, not "
            f"{kind!r}."
        )
    if kind == "json":
        return Structure(
            "json", json_schema_of(schema), schema if isinstance(schema, type) else None
        )
    if kind == "choice":
        if not isinstance(schema, (list, tuple)) or not all(isinstance(x, str) for x in schema):
            raise DistilabelUserError(
                "structured_output: 'schema' must be a list of texts for the format 'choice'."
            )
        return Structure("choice", list(schema))
    if not isinstance(schema, str):
        raise DistilabelUserError(
            f"structured_output: 'schema' must be a text for the format {kind!r}, not "
            f"{type(schema).__name__}."
        )
    if kind == "regex":
        try:
            re.compile(schema)
        except re.error as error:
            # Answers are checked with it, so that a server cannot know better.
            raise DistilabelUserError(
                f"structured_output: the regular expression {schema!r} is not valid: {error}."
            ) from error
    return Structure(kind, schema)


def _kind_of(schema: Any) -> str:
    if isinstance(schema, str):
        # JSON text of a schema, or a pattern.
        return "json" if schema.lstrip().startswith("{") else "regex"
    return "choice" if isinstance(schema, (list, tuple)) else "json"
