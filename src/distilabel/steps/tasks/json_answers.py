"""Reads a JSON object or list from what a model wrote, also in a fence or among other words."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Final

import orjson

from distilabel.models.wire.reasoning import split_reasoning

_FENCE: Final = re.compile(r"```[\w-]*\s*\n(.*?)\n?[ \t]*```", re.DOTALL)
# A line on which an object begins.
_OBJECT_LINE: Final = re.compile(r"^[ \t]*\{\s*\"", re.MULTILINE)
# A valid escape of JSON (group 1), or a backslash that begins none, as in LaTeX.
_ESCAPE: Final = re.compile(r"(\\(?:u[0-9a-fA-F]{4}|[\"\\/bfnrt]))|\\")
# The same for literals of Python.
_PYTHON_ESCAPE: Final = re.compile(
    r"(\\(?:[\\'\"abfnrtv0-7\n]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}))|\\"
)
# More than any answer needs. `ast.literal_eval` may exhaust the stack on deeper ones.
_MOST_BRACKETS: Final = 400
_LONGEST_LITERAL: Final = 200_000


def is_json_answer(text: str) -> bool:
    """Returns True if a text answers with a JSON object, which some models do unasked.

    Its lines look like labels with values, so that another parser would read pieces of it.

    Args:
        text: Text of a model.
    """
    return (
        _OBJECT_LINE.search(text.replace("\r", "\n")) is not None
        and parse_json_object(text) is not None
    )


def parse_json_object(text: str) -> dict[str, Any] | None:
    """Returns the JSON object in a text, read behind the reasoning; None if there is none.

    Args:
        text: Text of a model.
    """
    found = _find(text, "{", "}")
    return found if isinstance(found, dict) else None


def parse_list(text: str) -> list[Any] | None:
    """Returns the JSON list in a text, read behind the reasoning; None if there is none.

    Args:
        text: Text of a model.
    """
    found = _find(text, "[", "]")
    return found if isinstance(found, list) else None


def parse_literal_object(text: str) -> dict[str, Any] | None:
    """Returns the object in a text, written as JSON or as a dict of Python; None if there is none.

    Unlike `parse_json_object`, this reads what is nearly JSON: line breaks and lone backslashes in
    texts, single quotes, a comma after the last value.

    Args:
        text: Text of a model.
    """
    found = _find(text, "{", "}", lenient=True)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, dict) else None


def parse_literal_list(text: str) -> list[Any] | None:
    """Returns the list in a text, written as JSON or as a list of Python; None if there is none.

    Args:
        text: Text of a model.
    """
    found = _find(text, "[", "]", lenient=True)
    return found if isinstance(found, list) else None


def _find(text: str, opening: str, closing: str, *, lenient: bool = False) -> Any:
    _, answer = split_reasoning(text)
    if not answer:
        return None
    loads = _loads_leniently if lenient else _loads
    found = loads(answer)
    if found is None and (fence := _FENCE.search(answer)):
        found = loads(fence[1])
    if found is None and opening in answer:
        found = loads(answer[answer.index(opening) : answer.rfind(closing) + 1])
    return found


def _loads(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _loads_leniently(text: str) -> Any:
    found = _loads(text)
    if found is not None or len(text) > _LONGEST_LITERAL:
        return found
    if text.count("[") + text.count("{") + text.count("(") > _MOST_BRACKETS:
        return None
    for repaired in (text, _ESCAPE.sub(lambda found: found[1] or r"\\", text)):
        try:
            return json.loads(repaired, strict=False)
        except (ValueError, RecursionError):
            continue
    try:
        # Evaluates nothing: literals only.
        return ast.literal_eval(_PYTHON_ESCAPE.sub(lambda found: found[1] or r"\\", text.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
