"""The end of a branch: takes rows out of the graph and into files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

from distilabel._core.events import RowsAccepted
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.limit import RowLimit
from distilabel._engine.rows.rows import Key, RowChunk
from distilabel._engine.storage.parquet_writer import ParquetWriter

# Source rows of which none was accepted, before that is said.
_IN_VAIN: Final = 1000

_log = logging.getLogger("distilabel.pipeline")


class Sink(Operator):
    """Writes the rows of one leaf step.

    Args:
        name: of the leaf step.
        folder: for its files.
        shared: what the nodes of the run share.
        quota: how many rows to write; None writes all.
    """

    def __init__(
        self, name: str, folder: Path, context: RunContext, quota: RowLimit | None = None
    ) -> None:
        super().__init__(name, context)
        self.output = ParquetWriter(folder)
        self.quota = quota
        self.is_ended = False
        self._writing = False
        self._held_back = 0
        self._told = False

    def push(self, port: int, chunk: RowChunk) -> None:
        """Takes rows; they are written in a thread, some thousand at a time."""
        if self.quota is None:
            self._add(chunk.keys, chunk.rows)
        elif not self.is_ended:
            batch = self.quota.take(chunk)
            self._add(batch.keys, batch.rows)
            self._look(self.quota)
        # A disk that is slower than the rows come holds them up, else they would fill the memory.
        if self._writing and self.output.is_full:
            self._held_back += len(chunk.closed)
        else:
            self.closed += len(chunk.closed)
        if self.quota is not None and self.quota.is_met and not self.is_ended:
            self.is_ended = True
            self._finish_if_done()
        self.context.wake()

    def _look(self, quota: RowLimit) -> None:
        if not self._told and not quota.arrived and quota.source_rows >= _IN_VAIN:
            self._told = True
            _log.warning(
                "%s has none of the %d rows that are wanted, after %d source rows: is everything "
                "filtered out? It goes on; Ctrl-C ends it.",
                self.name,
                quota.wanted,
                quota.source_rows,
            )

    def _add(self, keys: list[Key], rows: list[Any]) -> None:
        if not rows:
            return
        self.output.add(keys, rows)
        if self.output.is_full and not self._writing:
            self._writing = True
            self.context.begin()
            self.context.start(self._write())

    async def _write(self) -> None:
        try:
            while self.output.is_full:
                self.output.cut()
                self.closed, self._held_back = self.closed + self._held_back, 0
                self.context.wake()
                await self.context.in_thread(self.output.write)
        finally:
            self.closed, self._held_back = self.closed + self._held_back, 0
            self._writing = False
            self.context.end()
        self._finish_if_done()

    def ended(self) -> None:
        """No more rows come."""
        if self.is_ended:
            return
        if self.quota is not None:
            batch = self.quota.end()
            self._add(batch.keys, batch.rows)
        self.is_ended = True
        self._finish_if_done()

    def tell(self) -> None:
        """Says what came of the quota, and takes what waits for rows that will not come."""
        if self.quota is not None:
            quota = self.quota
            if not self.is_ended:
                batch = quota.end()
                if batch.rows:
                    self.output.add(batch.keys, batch.rows)
            self.context.emit(
                RowsAccepted(self.name, quota.wanted, quota.kept, quota.arrived, quota.source_rows)
            )
            if self.is_ended and not quota.is_met:
                _log.warning(
                    "%s has %d of the %d rows that are wanted: the rows of the generators came to "
                    "an end before. Give more of them, or a generator that goes on.",
                    self.name,
                    quota.kept,
                    quota.wanted,
                )

    def _finish_if_done(self) -> None:
        if self.is_ended and not self._writing:
            self.context.sink_finished()
