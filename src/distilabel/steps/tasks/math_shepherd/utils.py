"""Reading solutions: from a text to its steps, from JSON that is slightly wrong to data."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any, Final, List

_STEP: Final = re.compile(r"Step\s+\d+\s*:|The answer is\s*:")
# A backslash with what it stands before; one before anything else escapes nothing in JSON.
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|[\"\\/bfnrt])|\\")


def split_solution_steps(text: str) -> List[str]:
    """Splits a solution into its steps, `Step 1: ...` and so on, and `The answer is: ...`.

    Args:
        text: the solution.

    Returns:
        The steps, without the space around them; what stands before the first is left out.
    """
    starts = [found.start() for found in _STEP.finditer(text)]
    return [text[start:end].strip() for start, end in pairwise([*starts, len(text)])]


def parse_json_response(json_str: str) -> Any:
    """Reads JSON as models write it, also with backslashes that escape nothing.

    Args:
        json_str: the text.

    Returns:
        What it says; None if it is no JSON in any reading.
    """
    mended = _ESCAPE.sub(lambda found: found[0] if found[1] else "", json_str)
    ascii_only = mended.encode("ascii", "ignore").decode()
    for text in (json_str, mended, ascii_only):
        try:
            return json.loads(text, strict=False)
        except ValueError:
            continue
    return None
