"""Validates answers against the structure that they were asked to follow."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError

from distilabel.models.wire.reasoning import split_reasoning
from distilabel.models.wire.structure import Structure, parse_structure

# A validator is small, and a column of schemas may have a different one in every row.
_MOST_VALIDATORS: Final = 4096
_SHOWN: Final = 120


def violation(text: str | None, structured_output: Any) -> str:
    """Returns how an answer breaks its structure; empty if it does not, or if there is no text.

    Reasoning in front of the answer is not part of it. A grammar is not checked: only the server
    that got it can read it.

    Args:
        text: Text of an answer.
        structured_output: `structured_output` of the request.

    Raises:
        DistilabelUserError: `structured_output` is invalid.
    """
    structure = parse_structure(structured_output) if text is not None else None
    if text is None or structure is None or structure.kind == "grammar":
        return ""
    _, answer = split_reasoning(text)
    if answer is None:
        return "it has reasoning only"
    if structure.kind == "json":
        return _json_violation(answer, structure)
    if structure.kind == "choice":
        choices = ", ".join(map(repr, structure.value))
        return "" if answer in structure.value else f"it is not one of {_short(choices)}"
    return (
        ""
        if re.fullmatch(structure.value, answer)
        else f"it does not match {_short(structure.value)}"
    )


def _json_violation(text: str, structure: Structure) -> str:
    cls = structure.cls
    if cls is not None and issubclass(cls, BaseModel):
        try:
            cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
        return ""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "it is not JSON"
    return _first_error(data, structure.value)


def _first_error(data: Any, schema: dict[str, Any]) -> str:
    from jsonschema.exceptions import SchemaError, UnknownType, best_match
    from referencing.exceptions import Unresolvable

    text = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    try:
        found = best_match(_validator(text).iter_errors(data))
    except (SchemaError, UnknownType, Unresolvable) as error:
        return f"the schema is not valid: {_short(str(error))}"
    except (re.error, TypeError, AttributeError, ValueError, RecursionError) as error:
        return f"the schema is not valid: {type(error).__name__}: {_short(str(error))}"
    if found is None:
        return ""
    where = ".".join(map(str, found.absolute_path)) or "the whole"
    return f"{where}: {_short(found.message)}"


@lru_cache(maxsize=_MOST_VALIDATORS)
def _validator(schema: bytes) -> Any:
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry

    parsed = orjson.loads(schema)
    # With an empty registry, a reference to another file is an error, never a request.
    return validator_for(parsed, default=Draft202012Validator)(parsed, registry=Registry())


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
