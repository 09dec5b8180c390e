"""Rows and their identity: keys, chunks, and copies of one's own.

A source row has an ordinal, `(17,)`; a row made from it extends the key: `(17, 0)`, `(17, 1)`.
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
    """Rows on their way from one step to the next.

    Attributes:
        keys: of the rows.
        rows: the rows.
        closed: ordinals of which no more rows will come this way; every ordinal is closed once.
    """

    keys: list[Key]
    rows: list[Any]
    closed: Sequence[int]


_PLAIN = frozenset({bool, bytes, float, int, str, type(None)})


def own_copy(value: Any) -> Any:
    """A copy of a row that shares no dict and no list with it."""
    if isinstance(value, dict):
        return {k: own_copy(v) if isinstance(v, (dict, list)) else v for k, v in value.items()}
    if isinstance(value, list):
        # Embeddings are long and flat: looking at their types is cheaper than at each of them.
        if _PLAIN.issuperset(map(type, value)):
            return value[:]
        return [own_copy(v) if isinstance(v, (dict, list)) else v for v in value]
    return value


def own_copies(rows: list[Any]) -> list[Any]:
    """Copies of the rows of a batch, which are tuples where there are several predecessors."""
    return [tuple(map(own_copy, row)) if isinstance(row, tuple) else own_copy(row) for row in rows]


def distinct(rows: list[Any]) -> list[Any]:
    """The rows, those that stand in the list twice as copies: nobody is to change two at once."""
    if len(set(map(id, rows))) == len(rows):
        return rows
    seen: set[int] = set()
    own = []
    for row in rows:
        own.append(own_copy(row) if id(row) in seen else row)
        seen.add(id(row))
    return own


def all_rows(made: list[Any], who: str) -> list[Any]:
    """The rows, checked.

    Raises:
        TypeError: something among them is no row.
    """
    for row in made:
        if not isinstance(row, dict):
            raise TypeError(
                f"`process` of {who} gave a {type(row).__name__} ({str(row)[:40]!r}) where a row, "
                "a dict, belongs: yield a list of dicts."
            )
    return made


class RowOrigin(NamedTuple):
    """Where a row that a step made comes from.

    Attributes:
        origin: position of a row in the batch the step was given.
        branch: which of the rows made of that one; -1 if it is the only one.
    """

    origin: int
    branch: int


@lru_cache(maxsize=64)
def _one_to_one(count: int) -> tuple[RowOrigin, ...]:
    return tuple(RowOrigin(i, -1) for i in range(count))


def one_to_one(count: int) -> list[RowOrigin]:
    """The places of a step that makes one row of each."""
    return list(_one_to_one(count))


def places(before: list[Any], after: list[Any], *others: list[Any]) -> list[RowOrigin]:
    """Matches the rows a step made to the rows it was given.

    By identity; else by position where the counts agree; else all of them come from the first.

    Args:
        before: the rows the step was given.
        after: the rows it made.
        others: the rows of its other predecessors, row by row belonging to those of `before`.
    """
    if len(before) == len(after) and all(map(operator.is_, before, after)):
        return one_to_one(len(after))
    position = {id(row): i for rows in (*others, before) for i, row in enumerate(rows)}
    found = [position.get(id(row)) for row in after]
    known = [i for i in found if i is not None]
    if not known and len(before) == len(after):
        return one_to_one(len(after))
    # A row that is nobody's belongs to the one made before it.
    last = known[0] if known else 0
    origins = [last := i if i is not None else last for i in found]
    total = Counter(origins)
    if not known:
        total[0] += 1  # fresh rows extend the key, also when there is only one of them
    branches: Counter[int] = Counter()
    matched = []
    for origin in origins:
        if total[origin] == 1:
            matched.append(RowOrigin(origin, -1))
        else:
            matched.append(RowOrigin(origin, branches[origin]))
            branches[origin] += 1
    return matched


def keys_at(keys: list[Key], matched: list[RowOrigin]) -> list[Key]:
    """The keys of the rows a step made.

    Args:
        keys: of the batch the step was given.
        matched: what `places` found.
    """
    return [keys[i] if branch < 0 else (*keys[i], branch) for i, branch in matched]
