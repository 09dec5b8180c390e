"""The quota of a leaf: how many rows it is to have, and how many source rows that still takes.

Of the rows that come it keeps the first ones in key order, as many as are wanted, whatever the
order in which they come: a rerun keeps the same.
"""

from __future__ import annotations

import math
from typing import Final

from distilabel._engine.rows.reorder_buffer import Batch, ReorderBuffer
from distilabel._engine.rows.rows import RowChunk

# A row that takes long holds back those behind it, which wait in memory: so many windows of them.
_WINDOWS_AHEAD: Final = 16


class RowLimit:
    """Counts what came, and cuts it to what is wanted.

    Args:
        wanted: rows to keep.
        window: most source rows on their way at a time.

    Attributes:
        kept: rows that were let through.
        arrived: rows that came.
        source_rows: source rows of which nothing more will come.
    """

    def __init__(self, wanted: int, window: int) -> None:
        self.wanted = wanted
        self.kept = 0
        self.arrived = 0
        self.source_rows = 0
        self._ahead = _WINDOWS_AHEAD * window
        self._in_order = 0
        self._sorter = ReorderBuffer()

    @property
    def is_met(self) -> bool:
        """Whether all that is wanted is there."""
        return self.kept >= self.wanted

    def take(self, chunk: RowChunk) -> Batch:
        """Takes rows and gives those that may be kept: the next ones in key order."""
        self.arrived += len(chunk.rows)
        self.source_rows += len(chunk.closed)
        self._sorter.push(chunk)
        return self._cut()

    def end(self) -> Batch:
        """No more rows come: gives what is left."""
        self._sorter.end()
        return self._cut()

    def _cut(self) -> Batch:
        keys, rows, closed = self._sorter.take(self._sorter.ready)
        self._in_order = max(self._in_order, closed.stop)
        room = self.wanted - self.kept
        self.kept += min(room, len(rows))
        return Batch(keys[:room], rows[:room], closed)

    def room(self, given: int) -> int:
        """Source rows that may still be let in.

        Args:
            given: how many were let in so far.
        """
        on_their_way = given - self.source_rows
        return min(self._needed() - on_their_way, self._ahead - (given - self._in_order))

    def _needed(self) -> int:
        """Source rows that what is missing will take, by what became of those before."""
        missing = self.wanted - self.arrived
        if missing <= 0:
            return 0
        # Beginning with one of one, so that nothing is asked in vain where every row is accepted.
        share = (self.arrived + 1) / (self.source_rows + 1)
        if share < 1:
            # A few more than on average, so that bad luck seldom costs another round.
            return math.ceil((missing + math.sqrt(missing)) / share)
        return math.ceil(missing / share)
