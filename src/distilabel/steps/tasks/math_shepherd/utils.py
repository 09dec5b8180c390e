"""Parses solutions: splits a text into steps, and reads slightly malformed JSON."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, List

from distilabel._core.deprecations import module_getattr
from distilabel.models.wire.reasoning import split_reasoning

if not TYPE_CHECKING:
    __getattr__ = module_getattr(__name__)

_STEP: Final = re.compile(r"Step\s+\d+\s*:|The answer is\s*:")
# A valid JSON escape (group 1), or a backslash that is not part of one.
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|[\"\\/bfnrt])|\\")


def split_solution_steps(text: str) -> List[str]:
    """Splits a solution into its steps, `Step 1: ...` and so on, and `The answer is: ...`.

    Args:
        text: Solution.

    Returns:
        The steps, stripped of whitespace. Text before the first step is dropped, and so is
        reasoning at the beginning.
    """
    text = split_reasoning(text)[1] or ""
    starts = [found.start() for found in _STEP.finditer(text)]
    return [text[start:end].strip() for start, end in pairwise([*starts, len(text)])]


def parse_json_response(json_str: str) -> Any:
    """Parses JSON as models write it, including text with invalid backslash escapes.

    Args:
        json_str: JSON text.

    Returns:
        The parsed value; None if the text is not JSON even after repair. Reasoning at the
        beginning is left out.
    """
    json_str = split_reasoning(json_str)[1] or ""
    repaired = _ESCAPE.sub(lambda found: found[0] if found[1] else "", json_str)
    ascii_only = repaired.encode("ascii", "ignore").decode()
    for text in (json_str, repaired, ascii_only):
        try:
            return json.loads(text, strict=False)
        except ValueError:
            continue
    return None
