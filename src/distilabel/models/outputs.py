"""Merges the outputs of several calls to a model, and reads stored ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

import orjson

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput


def merge_responses(responses: List[GenerateOutput], n: int = 1) -> List[GenerateOutput]:
    """Merges the outputs of `n` calls per question into one output per question.

    Args:
        responses: The outputs; those of one question follow each other.
        n: Number of calls per question.

    Returns:
        One output per question, with the lists of its calls concatenated.
    """
    merged = []
    for start in range(0, len(responses), n):
        group: list[Any] = list(responses[start : start + n])
        names = {name: None for output in group for name in output if name != "statistics"}
        counted = {name: None for output in group for name in output.get("statistics") or {}}
        joined: dict[str, Any] = {"generations": [], "statistics": {}}
        for output in group:
            # None where a call lacks what another one has, so that positions still match.
            nothing = [None] * len(output["generations"])
            for name in names:
                joined.setdefault(name, []).extend(output.get(name, nothing))
            statistics = output.get("statistics") or {}
            for name in counted:
                joined["statistics"].setdefault(name, []).extend(statistics.get(name, nothing))
        merged.append(joined)
    return merged  # type: ignore[return-value]


def read_output(value: bytes) -> GenerateOutput | None:
    """Returns a stored output; None if the value is damaged.

    Args:
        value: The output as JSON.
    """
    try:
        output: Any = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(output, dict) or not isinstance(output.get("generations"), list):
        return None
    if not output["generations"] or not isinstance(output.get("statistics") or {}, dict):
        return None
    return output  # type: ignore[return-value]
