"""Rows, their keys, chunks of rows, and copies.

The key of a source row is its ordinal, `(17,)`; a row made from it extends the key: `(17, 0)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

Key = tuple[int, ...]
Row = dict[str, Any]


class RowChunk(NamedTuple):
    """Rows that one operator sends to the next.

    Attributes:
        keys: Keys of the rows.
        rows: The rows.
        closed: Ordinals of source rows of which no more rows will follow. Each is closed once.
    """

    keys: list[Key]
    rows: list[Any]
    closed: Sequence[int]


_PLAIN = frozenset({bool, bytes, float, int, str, type(None)})


def own_copy(value: Any) -> Any:
    """Copies a row so that the copy shares no dict and no list with it."""
    if isinstance(value, dict):
        return {k: own_copy(v) if isinstance(v, (dict, list)) else v for k, v in value.items()}
    if isinstance(value, list):
        # Embeddings are long and flat: a set of their types is cheaper than a test of each value.
        if _PLAIN.issuperset(map(type, value)):
            return value[:]
        return [own_copy(v) if isinstance(v, (dict, list)) else v for v in value]
    return value


def own_copies(rows: list[Any]) -> list[Any]:
    """Copies the rows of a batch, which are tuples where there are several predecessors."""
    return [tuple(map(own_copy, row)) if isinstance(row, tuple) else own_copy(row) for row in rows]


def distinct(rows: list[Any]) -> list[Any]:
    """Replaces repeated rows in a list with copies, so that no step changes two rows at once."""
    if len(set(map(id, rows))) == len(rows):
        return rows
    seen: set[int] = set()
    own = []
    for row in rows:
        own.append(own_copy(row) if id(row) in seen else row)
        seen.add(id(row))
    return own


def checked_rows(rows: list[Any], step: str) -> list[Any]:
    """Checks that the rows of a step are dicts.

    Args:
        rows: Rows from `process`.
        step: Name of the step.

    Returns:
        The same list.

    Raises:
        TypeError: One of them is not a dict.
    """
    for row in rows:
        if not isinstance(row, dict):
            raise TypeError(
                f"`process` of {step} yielded a {type(row).__name__} ({str(row)[:40]!r}) instead "
                "of a row. Yield a list of dicts."
            )
    return rows


def keys_at(keys: list[Key], origins: Sequence[int | None]) -> list[Key]:
    """Returns the keys of the rows that a step made.

    A row of unknown origin extends the key of the row before it.

    Args:
        keys: Keys of its input rows.
        origins: Positions of the input rows from which they were made; None for unknown ones.
    """
    if isinstance(origins, range):
        return keys
    known = [position for position in origins if position is not None]
    last = known[0] if known else 0
    positions = [last := position if position is not None else last for position in origins]
    total = Counter(positions)
    if not known:
        total[0] += 1  # unknown rows extend the key, even if there is only one
    branches: Counter[int] = Counter()
    made = []
    for position in positions:
        if total[position] == 1:
            made.append(keys[position])
        else:
            made.append((*keys[position], branches[position]))
            branches[position] += 1
    return made
