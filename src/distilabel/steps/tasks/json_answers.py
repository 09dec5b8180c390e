"""Reads a JSON object from what a model wrote, also in a code fence or among other words."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from distilabel.models.wire.reasoning import split_reasoning

_FENCE: Final = re.compile(r"```[\w-]*\s*\n(.*?)\n?[ \t]*```", re.DOTALL)


def parse_json_object(text: str) -> dict[str, Any] | None:
    """Returns the JSON object in a text, read behind the reasoning; None if there is none.

    Args:
        text: Text of a model.
    """
    _, answer = split_reasoning(text)
    if not answer:
        return None
    found = _loads(answer)
    if found is None and (fence := _FENCE.search(answer)):
        found = _loads(fence[1])
    if found is None and "{" in answer:
        found = _loads(answer[answer.index("{") : answer.rfind("}") + 1])
    return found if isinstance(found, dict) else None


def _loads(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
