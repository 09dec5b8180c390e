"""Joining the rows of several predecessors by key: a branch that drops rows shifts nobody.

Where one branch has made several rows of one, each of them meets the one row of the others.
"""

from __future__ import annotations

from typing import Any

from distilabel._engine.rows.rows import Key, Row, RowChunk, own_copy

# One row of each predecessor; None where routing sent the row elsewhere.
Joined = tuple[Row | None, ...]


class RowJoiner:
    """Collects what comes through several ports until an ordinal is closed at all of them.

    Args:
        ports: number of predecessors.
        partial: whether a row may be missing at some of them, because it was routed to others.
    """

    def __init__(self, ports: int, partial: bool) -> None:
        self._ports = ports
        self._partial = partial
        self._rows: dict[int, list[dict[Key, Row]]] = {}
        # Which ports have closed an ordinal, as bits; an ended port has closed all of them.
        self._closed: dict[int, int] = {}
        self._ended = 0
        self._all = (1 << ports) - 1
        self.lost = 0

    def push(self, port: int, chunk: RowChunk) -> RowChunk:
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
        bit = 1 << port
        for ordinal in chunk.closed:
            closed = self._closed.get(ordinal, 0) | bit
            if closed | self._ended == self._all:
                self._closed.pop(ordinal, None)
                complete.append(ordinal)
            else:
                self._closed[ordinal] = closed
        return self._joined(complete)

    def end(self, port: int) -> RowChunk:
        """A port has no more rows: what only it was waited for is complete now."""
        self._ended |= 1 << port
        complete = sorted(o for o, bits in self._closed.items() if bits | self._ended == self._all)
        for ordinal in complete:
            del self._closed[ordinal]
        return self._joined(complete)

    def _joined(self, complete: list[int]) -> RowChunk:
        keys: list[Key] = []
        rows: list[Any] = []
        for ordinal in complete:
            held = self._rows.pop(ordinal, None)
            if held is None:
                continue
            for key, joined in _matched(held):
                if self._partial or None not in joined:
                    keys.append(key)
                    rows.append(joined)
                else:
                    self.lost += 1
        return RowChunk(keys, rows, complete)


def _matched(held: list[dict[Key, Row]]) -> list[tuple[Key, Joined]]:
    """The rows of one ordinal that belong together: by key, else by the longest one it extends."""
    first = held[0].keys()
    if len(first) == 1 and all(at_port.keys() == first for at_port in held):
        (key,) = first
        return [(key, tuple(at_port[key] for at_port in held))]
    known = {key for at_port in held for key in at_port}
    # A row of which another branch has made several is not one by itself.
    parents = {key[:end] for key in known for end in range(1, len(key))}
    used: set[int] = set()
    matched = []
    for key in sorted(known - parents):
        joined = tuple(_nearest(key, at_port) for at_port in held)
        own = tuple(own_copy(row) if id(row) in used and row else row for row in joined)
        used.update(id(row) for row in joined)
        matched.append((key, own))
    return matched


def _nearest(key: Key, rows: dict[Key, Row]) -> Row | None:
    for end in range(len(key), 0, -1):
        if key[:end] in rows:
            return rows[key[:end]]
    return None
