"""Joining the rows of several predecessors by key: a branch that drops rows shifts nobody."""

from __future__ import annotations

from typing import Any

from distilabel._engine.rows import Chunk, Key, Row

# One row of each predecessor; None where routing sent the row elsewhere.
Joined = tuple[Row | None, ...]


class Join:
    """Collects what comes through several ports until an ordinal is closed at all of them.

    Args:
        ports: number of predecessors.
        partial: whether a row may be missing at some of them, because it was routed to others.
    """

    def __init__(self, ports: int, partial: bool) -> None:
        self._ports = ports
        self._partial = partial
        self._rows: dict[int, list[dict[Key, Row]]] = {}
        self._closed: dict[int, int] = {}
        self._ended: set[int] = set()
        self.lost = 0

    def push(self, port: int, chunk: Chunk) -> Chunk:
        """Takes rows from one port.

        Returns:
            What is complete now: its rows are tuples, one row per port.
        """
        for key, row in zip(chunk.keys, chunk.rows, strict=True):
            held = self._rows.get(key[0])
            if held is None:
                held = self._rows[key[0]] = [{} for _ in range(self._ports)]
            held[port][key] = row
        complete = []
        missing = self._ports - len(self._ended)
        for ordinal in chunk.closed:
            count = self._closed.get(ordinal, 0) + 1
            if count >= missing:
                self._closed.pop(ordinal, None)
                complete.append(ordinal)
            else:
                self._closed[ordinal] = count
        return self._joined(complete)

    def end(self, port: int) -> Chunk:
        """A port has no more rows: what only it was waited for is complete now."""
        self._ended.add(port)
        missing = self._ports - len(self._ended)
        complete = sorted(o for o, count in self._closed.items() if count >= missing)
        for ordinal in complete:
            del self._closed[ordinal]
        return self._joined(complete)

    def _joined(self, complete: list[int]) -> Chunk:
        keys: list[Key] = []
        rows: list[Any] = []
        for ordinal in complete:
            held = self._rows.pop(ordinal, None)
            if held is None:
                continue
            everywhere = sorted({key for at_port in held for key in at_port})
            for key in everywhere:
                joined = tuple(at_port.get(key) for at_port in held)
                if self._partial or None not in joined:
                    keys.append(key)
                    rows.append(joined)
                else:
                    self.lost += 1
        return Chunk(keys, rows, complete)
