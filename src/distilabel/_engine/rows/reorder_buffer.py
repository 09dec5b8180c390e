"""Puts chunks back into key order: rows wait until every row before them is known."""

from __future__ import annotations

from typing import Any, NamedTuple

from distilabel._engine.rows.rows import Key, RowChunk


class Batch(NamedTuple):
    """Consecutive rows.

    Attributes:
        keys: Keys of the rows.
        rows: The rows; tuples of rows where there are several predecessors.
        closed: Ordinals of the source rows that end with this batch.
    """

    keys: list[Key]
    rows: list[Any]
    closed: range


class ReorderBuffer:
    """Receives chunks in any order and returns rows in key order."""

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._rows: list[Any] = []
        self._start = 0
        # The first ordinal that is not closed, and the rows of it and of later ones.
        self._next = 0
        self._early: dict[int, list[tuple[Key, Any]]] = {}
        self._closed: set[int] = set()
        self._reported = 0

    @property
    def ready(self) -> int:
        """Number of rows that are in order and complete."""
        return len(self._keys) - self._start

    @property
    def has_closed(self) -> bool:
        """Whether ordinals were closed that are in no batch yet."""
        return self._next > self._reported

    def push(self, chunk: RowChunk) -> None:
        """Receives rows and closed ordinals."""
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
        """Closes the buffer: no more rows will arrive, and those here are complete."""
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
        """Takes the next rows out, with the ordinals that end with them.

        Args:
            count: Number of rows; at most `ready`.
        """
        end = self._start + count
        keys, rows = self._keys[self._start : end], self._rows[self._start : end]
        self._start = end
        left = self._keys[end][0] if end < len(self._keys) else self._next
        closed = range(self._reported, max(self._reported, left))
        self._reported = closed.stop
        if self._start > 4096 or self._start == len(self._keys):
            del self._keys[: self._start], self._rows[: self._start]
            self._start = 0
        return Batch(keys, rows, closed)


def _key(item: tuple[Key, Any]) -> Key:
    return item[0]


def _is_sorted(keys: list[Key]) -> bool:
    return len(keys) < 2 or all(map(tuple.__le__, keys, keys[1:]))
