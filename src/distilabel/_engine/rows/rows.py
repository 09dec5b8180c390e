"""Rows, their keys and origins, chunks of rows, and copies.

The key of a source row is its ordinal, `(17,)`; a row made from it extends the key: `(17, 0)`.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
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


class RowOrigin(NamedTuple):
    """The row of a batch from which a step made a row.

    Attributes:
        position: Position of that row in the batch.
        branch: Number among the rows made from it; -1 if there is only one.
    """

    position: int
    branch: int


@lru_cache(maxsize=64)
def _one_to_one(count: int) -> tuple[RowOrigin, ...]:
    return tuple(RowOrigin(i, -1) for i in range(count))


def one_to_one(count: int) -> list[RowOrigin]:
    """Returns the origins for a step that makes one row from each."""
    return list(_one_to_one(count))


def match_origins(before: list[Any], after: list[Any], *others: list[Any]) -> list[RowOrigin]:
    """Finds the input row of each row that a step made.

    Rows match by identity; else by position, if there are as many; else all come from the first.

    Args:
        before: Input rows of the step.
        after: Rows that the step made.
        others: Input rows from its other predecessors, in the order of `before`.
    """
    if len(before) == len(after) and all(map(operator.is_, before, after)):
        return one_to_one(len(after))
    position_of = {id(row): i for rows in (*others, before) for i, row in enumerate(rows)}
    found = [position_of.get(id(row)) for row in after]
    known = [i for i in found if i is not None]
    if not known and len(before) == len(after):
        return one_to_one(len(after))
    # A new row has the origin of the row made before it.
    last = known[0] if known else 0
    positions = [last := i if i is not None else last for i in found]
    total = Counter(positions)
    if not known:
        total[0] += 1  # new rows extend the key, even if there is only one
    branches: Counter[int] = Counter()
    origins = []
    for position in positions:
        if total[position] == 1:
            origins.append(RowOrigin(position, -1))
        else:
            origins.append(RowOrigin(position, branches[position]))
            branches[position] += 1
    return origins


def keys_at(keys: list[Key], origins: list[RowOrigin]) -> list[Key]:
    """Returns the keys of the rows that a step made.

    Args:
        keys: Keys of its input rows.
        origins: Origins of the rows it made.
    """
    return [keys[i] if branch < 0 else (*keys[i], branch) for i, branch in origins]
