"""Limits the rows of a leaf step to a target, and estimates the source rows that it still takes.

The first rows in key order are kept, in whatever order they arrive: a rerun keeps the same ones.
"""

from __future__ import annotations

import math
from typing import Final

from distilabel._engine.rows.reorder_buffer import Batch, ReorderBuffer
from distilabel._engine.rows.rows import RowChunk

# Windows of source rows that may wait in memory behind a slow row.
_WINDOWS_AHEAD: Final = 16


class RowLimit:
    """Counts the rows of a leaf step and keeps as many as are wanted.

    Args:
        wanted: Number of rows to keep.
        window: Maximum number of source rows in flight.

    Attributes:
        kept: Number of rows kept so far.
        arrived: Number of rows that arrived.
        source_rows: Number of source rows of which no more rows will arrive.
    """

    def __init__(self, wanted: int, window: int) -> None:
        self.wanted = wanted
        self.kept = 0
        self.arrived = 0
        self.source_rows = 0
        self._ahead = _WINDOWS_AHEAD * window
        self._in_order = 0
        self._reorder_buffer = ReorderBuffer()

    @property
    def is_met(self) -> bool:
        """Whether all wanted rows are kept."""
        return self.kept >= self.wanted

    def take(self, chunk: RowChunk) -> Batch:
        """Receives rows and returns those to keep: the next ones in key order."""
        self.arrived += len(chunk.rows)
        self.source_rows += len(chunk.closed)
        self._reorder_buffer.push(chunk)
        return self._cut()

    def end(self) -> Batch:
        """Returns the rows that are left; called when no more rows will arrive."""
        self._reorder_buffer.end()
        return self._cut()

    def _cut(self) -> Batch:
        keys, rows, closed = self._reorder_buffer.take(self._reorder_buffer.ready)
        self._in_order = max(self._in_order, closed.stop)
        room = self.wanted - self.kept
        self.kept += min(room, len(rows))
        return Batch(keys[:room], rows[:room], closed)

    def room(self, sent: int) -> int:
        """Returns how many more source rows may be sent.

        Args:
            sent: Number of source rows sent so far.
        """
        in_flight = sent - self.source_rows
        return min(self._needed() - in_flight, self._ahead - (sent - self._in_order))

    def _needed(self) -> int:
        """Estimates the source rows for the missing rows, from the share accepted so far."""
        missing = self.wanted - self.arrived
        if missing <= 0:
            return 0
        # Starts at one of one, so that no request is wasted where every row is accepted.
        share = (self.arrived + 1) / (self.source_rows + 1)
        if share < 1:
            # A margin above the average, so that another round is seldom needed.
            return math.ceil((missing + math.sqrt(missing)) / share)
        return math.ceil(missing / share)
