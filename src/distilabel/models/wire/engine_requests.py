"""Fields of requests to vLLM and SGLang that OpenAI's protocol does not have."""

from __future__ import annotations

import re
from typing import Any, Final

from distilabel.models.wire.structure import Structure

# vLLM before this version has one field per kind of structure.
_NAMED_STRUCTURES: Final = (0, 11)


def vllm_structure(structure: Structure | None, options: Any, version: str) -> dict[str, Any]:
    """Returns the fields that make vLLM follow a structure.

    Args:
        structure: The structure; None for none.
        options: `structured_output` as the user wrote it, which may have a `whitespace_pattern`.
        version: Version of vLLM; empty if it is unknown, which is treated as a new one.
    """
    if structure is None:
        return {}
    whitespace = options.get("whitespace_pattern")
    if _numbers(version) < _NAMED_STRUCTURES:
        fields = {f"guided_{structure.kind}": structure.value}
        return fields | ({"guided_whitespace_pattern": whitespace} if whitespace else {})
    fields = {structure.kind: structure.value}
    if whitespace and structure.kind == "json":
        fields["whitespace_pattern"] = whitespace
    return {"structured_outputs": fields}


def sglang_structure(structure: Structure | None) -> dict[str, Any]:
    """Returns the fields that make SGLang follow a structure.

    Args:
        structure: The structure; None for none.
    """
    if structure is None:
        return {}
    if structure.kind == "json":
        schema = {"name": "answer", "schema": structure.value}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if structure.kind == "choice":
        return {"regex": f"({'|'.join(map(re.escape, structure.value))})"}
    return {"ebnf" if structure.kind == "grammar" else "regex": structure.value}


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)", version)
    # A version of a development build may have no number.
    return (int(found[1]), int(found[2])) if found else (999, 0)
