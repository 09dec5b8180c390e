"""`StructureCheck`: warns about answers that do not follow the schema they were asked to follow."""

from __future__ import annotations

import logging
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}

_log = logging.getLogger("distilabel.llm")


class StructureCheck:
    """Validates the structured answers of one model; the first bad one is logged.

    Outside strict mode a provider does not enforce a schema. An answer is returned in any case: the
    task may be able to use it.
    """

    def __init__(self) -> None:
        self._has_warned = False

    def check(self, model: str, output: Any, structure: Any) -> None:
        """Warns if an answer does not follow its schema.

        Args:
            model: Name of the model.
            output: Output of the model.
            structure: `structured_output` of the request; None for none.
        """
        if not structure or self._has_warned or structure.get("format") == "regex":
            return
        faults = (violation(text, structure["schema"]) for text in output["generations"])
        fault = next(filter(None, faults), "")
        if fault:
            self._has_warned = True
            _log.warning(
                "%s: an answer does not follow structured_output: %s. This is logged once.",
                model,
                fault,
            )


def violation(text: str | None, schema: Any) -> str:
    """Returns how a text breaks a schema; empty if it does not, or if there is no text.

    Args:
        text: Text of an answer.
        schema: Pydantic class, which is checked in full, or a JSON schema, of which only the root
            is: its type and its required properties.
    """
    if text is None:
        return ""
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        try:
            schema.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
        return ""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "it is not JSON"
    if not isinstance(schema, dict):
        return ""
    kind = _TYPES.get(schema["type"]) if isinstance(schema.get("type"), str) else None
    if kind is not None and not isinstance(data, kind):
        return f"it is not of type {schema['type']}"
    missing = [name for name in schema.get("required") or () if name not in data]
    return f"it has no {missing[0]!r}" if missing and isinstance(data, dict) else ""
