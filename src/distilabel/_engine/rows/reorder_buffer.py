"""Putting chunks back into key order: rows wait until every row before them is known."""

from __future__ import annotations

from typing import Any, NamedTuple

from distilabel._engine.rows.rows import Key, RowChunk


class Batch(NamedTuple):
    """Consecutive rows.

    Attributes:
        keys: of the rows.
        rows: the rows, or tuples of them where there are several predecessors.
        closed: ordinals that end with this batch.
    """

    keys: list[Key]
    rows: list[Any]
    closed: range


class ReorderBuffer:
    """Takes chunks in any order and gives rows in key order."""

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._rows: list[Any] = []
        self._start = 0
        # The first ordinal that is not closed yet, and what came of it and of later ones.
        self._next = 0
        self._early: dict[int, list[tuple[Key, Any]]] = {}
        self._closed: set[int] = set()
        self._told = 0

    @property
    def ready(self) -> int:
        """Rows that are in order and complete."""
        return len(self._keys) - self._start

    @property
    def has_closed(self) -> bool:
        """Whether ordinals were closed that no batch has told of."""
        return self._next > self._told

    def push(self, chunk: RowChunk) -> None:
        """Takes rows and closed ordinals."""
        closed = chunk.closed
        if (
            closed
            and not self._early
            and not self._closed
            and closed[0] == self._next
            and closed[-1] - closed[0] + 1 == len(closed)
            and (not chunk.keys or chunk.keys[-1][0] <= closed[-1])
            and _is_sorted(chunk.keys)
        ):
            self._keys += chunk.keys
            self._rows += chunk.rows
            self._next = closed[-1] + 1
            return
        for key, row in zip(chunk.keys, chunk.rows, strict=True):
            self._early.setdefault(key[0], []).append((key, row))
        self._closed.update(closed)
        while self._next in self._closed:
            self._closed.discard(self._next)
            self._move(self._next)
            self._next += 1

    def end(self) -> None:
        """Nothing more comes: what is there is all there is."""
        for ordinal in sorted(self._early):
            self._move(ordinal)
            self._next = max(self._next, ordinal + 1)
        self._next = max([self._next, *(o + 1 for o in self._closed)])
        self._closed.clear()

    def _move(self, ordinal: int) -> None:
        for key, row in sorted(self._early.pop(ordinal, ()), key=_key):
            self._keys.append(key)
            self._rows.append(row)

    def take(self, count: int) -> Batch:
        """The next rows, and the ordinals of which nothing is left after them."""
        end = self._start + count
        keys, rows = self._keys[self._start : end], self._rows[self._start : end]
        self._start = end
        left = self._keys[end][0] if end < len(self._keys) else self._next
        closed = range(self._told, max(self._told, left))
        self._told = closed.stop
        if self._start > 4096 or self._start == len(self._keys):
            del self._keys[: self._start], self._rows[: self._start]
            self._start = 0
        return Batch(keys, rows, closed)


def _key(item: tuple[Key, Any]) -> Key:
    return item[0]


def _is_sorted(keys: list[Key]) -> bool:
    return len(keys) < 2 or all(map(tuple.__le__, keys, keys[1:]))
