"""Reads the counts that servers report, some of which are negative, texts, null, or no numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

# No reply has as many tokens: a larger count is an error, and would not fit into a dataset.
_MOST: Final = 10**12


def token_count(value: Any) -> int:
    """Returns a number of tokens; 0 if `value` is none, which means that it is unknown.

    Args:
        value: What the server reports; a text like `"12"` is a number too.
    """
    if type(value) is int and 0 <= value <= _MOST:
        return value
    number = _number(value)
    return int(number) if number is not None and number <= _MOST else 0


def dollars(value: Any) -> float | None:
    """Returns a cost; None if `value` is none.

    Args:
        value: What the server reports; a text like `"0.01"` is a number too.
    """
    return _number(value)


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Returns `value` if it is a mapping, or else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number >= 0 and math.isfinite(number) else None
