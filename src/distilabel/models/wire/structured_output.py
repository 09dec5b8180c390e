"""Converts `structured_output` to the format of each protocol."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import orjson

from distilabel.errors import DistilabelUserError
from distilabel.models.wire.strict_schema import resolved_root, strict_schema
from distilabel.models.wire.structure import Structure, json_schema_of, parse_structure

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")
_CHOICES: Final = frozenset({"anyOf", "oneOf", "allOf"})


def _name_of(schema: dict[str, Any]) -> str:
    return _NOT_IN_A_NAME.sub("_", str(schema.get("title") or "answer"))[:64]


def tool(structure: Any) -> dict[str, Any] | None:
    """Returns the tool of Anthropic's messages whose input is a structured answer.

    Args:
        structure: `structured_output`, with a `schema` of type object.

    Raises:
        DistilabelUserError: `schema` is missing, or is not of type object.
    """
    parsed = parse_structure(structure)
    if parsed is None:
        return None
    schema = resolved_root(parsed.value) if parsed.kind == "json" else None
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
    """Returns the `response_format` of chat completions; None for a structure that is not JSON.

    Args:
        structure: `structured_output`, with `schema` and maybe `format`.

    Raises:
        DistilabelUserError: `schema` is missing or invalid.
    """
    given = structure.get("schema") if isinstance(structure, dict) else None
    if isinstance(given, type) and structure.get("format", "json") in ("json", None):
        # To make the schema of a class takes longer than to send a request.
        text = _text_of_class(given)
    else:
        parsed = parse_structure(structure)
        if parsed is None or parsed.kind != "json":
            return None
        text = _text_of(parsed.value)
    return {"type": "json_schema", "json_schema": _described(text)}


def guidance(structure: Any) -> dict[str, Any]:
    """Returns the fields by which vLLM and similar servers constrain a text; empty for JSON.

    Versions of vLLM before 0.12 read `guided_...`, later ones `structured_outputs`, and the servers
    of llama.cpp `grammar`. Each ignores the others.

    Args:
        structure: `structured_output`.

    Raises:
        DistilabelUserError: `schema` is missing or invalid.
    """
    parsed = parse_structure(structure)
    if parsed is None or parsed.kind == "json":
        return {}
    fields = {
        "structured_outputs": {parsed.kind: parsed.value},
        f"guided_{parsed.kind}": parsed.value,
    }
    if parsed.kind == "grammar":
        fields["grammar"] = parsed.value
    elif parsed.kind == "choice":
        # The strings of GBNF are those of JSON.
        texts = (orjson.dumps(text).decode() for text in parsed.value)
        fields["grammar"] = f"root ::= {' | '.join(texts)}"
    return fields


def refuse_guidance(structure: Any, provider: str) -> None:
    """Refuses a structure that is not JSON, for a provider that has nothing else.

    Args:
        structure: `structured_output`.
        provider: Who has it not, for the message.

    Raises:
        DistilabelUserError: The structure is not JSON.
    """
    parsed = parse_structure(structure)
    if parsed is not None and parsed.kind != "json":
        raise DistilabelUserError(
            f"structured_output: {provider} cannot constrain an answer to a {parsed.kind}. Use the "
            "format 'json', for example a schema with a 'pattern' or an 'enum', or a model that "
            "vLLM or Text Generation Inference serves."
        )


def grammar_format(structure: Any) -> dict[str, Any] | None:
    """Returns the `response_format` of Text Generation Inference's chat completions.

    Args:
        structure: `structured_output`.

    Raises:
        DistilabelUserError: `schema` is missing or invalid, or the format is `"grammar"`.
    """
    found = grammar(structure)
    return found if found is None or found["type"] == "regex" else response_format(structure)


def _text_of(schema: Any) -> bytes:
    try:
        return orjson.dumps(json_schema_of(schema))
    except TypeError as error:
        raise DistilabelUserError(
            f"structured_output: 'schema' has a value that JSON has not: {error}."
        ) from error


_text_of_class = lru_cache(maxsize=64)(_text_of)


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
    parsed = parse_structure(structure)
    assert parsed is not None
    if parsed.kind == "json":
        return {"type": "json", "value": parsed.value}
    if parsed.kind == "grammar":
        raise DistilabelUserError(
            "structured_output: Text Generation Inference takes no 'grammar'. Use the format "
            "'json', 'regex' or 'choice'."
        )
    return {"type": "regex", "value": pattern_of(parsed)}


def pattern_of(structure: Structure) -> str:
    """Returns the regular expression of a structure of the kind `"regex"` or `"choice"`.

    Args:
        structure: The structure.
    """
    if structure.kind == "choice":
        return f"({'|'.join(map(re.escape, structure.value))})"
    return str(structure.value)


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
