"""The end of a branch: takes rows out of the graph and writes them to files."""

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
from distilabel._engine.storage.provenance_column import ProvenanceColumn

# Source rows without a single accepted row before a warning.
_WARN_AFTER: Final = 1000

_log = logging.getLogger("distilabel.pipeline")


class Sink(Operator):
    """Writes the rows of one leaf step.

    Args:
        name: Name of the leaf step.
        folder: Folder for its files.
        context: Context of the run.
        limit: How many rows to write; None writes all.
        provenance: Adds the column of the provenance; None adds none.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        context: RunContext,
        limit: RowLimit | None = None,
        provenance: ProvenanceColumn | None = None,
    ) -> None:
        super().__init__(name, context)
        self.output = ParquetWriter(folder, provenance)
        self.limit = limit
        self._has_all_rows = False
        self._is_writing = False
        self._unreported = 0
        self._has_warned = False

    def push(self, port: int, chunk: RowChunk) -> None:
        """Receives rows; a thread writes them, some thousands at a time."""
        if self.limit is None:
            self._add(chunk.keys, chunk.rows)
        elif not self._has_all_rows:
            batch = self.limit.take(chunk)
            self._add(batch.keys, batch.rows)
            self._warn_if_all_rejected(self.limit)
        # Source rows are not reported as closed while the disk is behind: the sources wait for it,
        # and memory stays bounded.
        if self._is_writing and self.output.is_full:
            self._unreported += len(chunk.closed)
        else:
            self.closed += len(chunk.closed)
        if self.limit is not None and self.limit.is_met and not self._has_all_rows:
            self._has_all_rows = True
            self._finish_if_done()
        self.context.wake()

    def _warn_if_all_rejected(self, limit: RowLimit) -> None:
        if not self._has_warned and not limit.arrived and limit.source_rows >= _WARN_AFTER:
            self._has_warned = True
            _log.warning(
                "%s has none of the %d target rows after %d source rows. Check whether a step "
                "filters everything out. The run continues; Ctrl-C ends it.",
                self.name,
                limit.wanted,
                limit.source_rows,
            )

    def _add(self, keys: list[Key], rows: list[Any]) -> None:
        if not rows:
            return
        self.output.add(keys, rows)
        if self.output.is_full and not self._is_writing:
            self._is_writing = True
            self.context.start_work(self._write(), self.name)

    async def _write(self) -> None:
        try:
            while self.output.is_full:
                self.output.cut()
                self._report_closed()
                self.context.wake()
                await self.context.in_thread(self.output.write)
        finally:
            self._report_closed()
            self._is_writing = False
        self._finish_if_done()

    def _report_closed(self) -> None:
        self.closed, self._unreported = self.closed + self._unreported, 0

    def all_ports_ended(self) -> None:
        """Adds the rows that the limit still holds."""
        if self._has_all_rows:
            return
        if self.limit is not None:
            batch = self.limit.end()
            self._add(batch.keys, batch.rows)
        self._has_all_rows = True
        self._finish_if_done()

    def report_target(self) -> None:
        """Reports how far the target is met, and adds rows that waited for earlier ones."""
        limit = self.limit
        if limit is None:
            return
        if not self._has_all_rows:
            batch = limit.end()
            if batch.rows:
                self.output.add(batch.keys, batch.rows)
        self.context.emit(
            RowsAccepted(self.name, limit.wanted, limit.kept, limit.arrived, limit.source_rows)
        )
        if self._has_all_rows and not limit.is_met:
            _log.warning(
                "%s has %d of the %d target rows: the generators ran out of rows. Have them make "
                "more rows, or use one that does not end.",
                self.name,
                limit.kept,
                limit.wanted,
            )

    def _finish_if_done(self) -> None:
        if self._has_all_rows and not self._is_writing:
            self.context.sink_finished()
