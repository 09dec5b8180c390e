"""Joins the rows of several predecessors by key, so that dropped rows shift no other rows.

Where one branch has made several rows from one, each of them is joined with the one row of the
others.
"""

from __future__ import annotations

from typing import Any

from distilabel._engine.rows.rows import Key, Row, RowChunk, own_copy

# One row from each predecessor; None where the row was routed to another one.
Joined = tuple[Row | None, ...]


class RowJoiner:
    """Collects rows from several ports until their ordinal is closed at all of them.

    Args:
        ports: Number of predecessors.
        partial: Whether a row may be missing at some ports because it was routed to others.

    Attributes:
        lost: Number of rows that were not joined because a branch dropped them.
    """

    def __init__(self, ports: int, partial: bool) -> None:
        self._ports = ports
        self._partial = partial
        self._rows: dict[int, list[dict[Key, Row]]] = {}
        # Ports that have closed an ordinal, as bits; an ended port has closed all ordinals.
        self._closed: dict[int, int] = {}
        self._ended = 0
        self._all = (1 << ports) - 1
        self.lost = 0

    def push(self, port: int, chunk: RowChunk) -> RowChunk:
        """Receives rows from one port.

        Returns:
            The joined rows that are complete now: tuples with one row per port.
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
        """Closes a port.

        Returns:
            The joined rows that are complete now, as for `push`.
        """
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
    """Matches the rows of one ordinal: by key, else with the row of the longest key it extends."""
    first = held[0].keys()
    if len(first) == 1 and all(at_port.keys() == first for at_port in held):
        (key,) = first
        return [(key, tuple(at_port[key] for at_port in held))]
    known = {key for at_port in held for key in at_port}
    # A row from which another branch has made several is joined with those, not by itself.
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
