"""Gathers rows that are done in one turn of the event loop, so that they go on as one chunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from distilabel._engine.rows.rows import Key, Row, RowChunk

if TYPE_CHECKING:
    from distilabel._engine.operators.base import Operator


class GatheredRows:
    """Rows that one operator has made and not sent yet, with how they were made.

    Each later operator, event and file handles a chunk at once, whatever its size.

    Args:
        operator: Sends the rows.
        on_sent: Called after scheduled rows were sent.
    """

    def __init__(self, operator: Operator, on_sent: Callable[[], None]) -> None:
        self._operator = operator
        self._on_sent = on_sent
        self._is_scheduled = False
        self._start_over()

    def _start_over(self) -> None:
        self._keys: list[Key] = []
        self._rows: list[Row] = []
        self._closed: list[int] = []
        self._received = self._made = self._dropped = 0
        self._failed = self._skipped = self._ended = 0

    @property
    def is_empty(self) -> bool:
        """Whether all rows were sent."""
        return not self._received

    def add(
        self, chunk: RowChunk, made: int, *, failed: int = 0, skipped: int = 0, ended: int = 0
    ) -> None:
        """Adds the rows that were made of one row; they are sent in the next turn of the loop.

        Args:
            chunk: Rows that continue.
            made: Number of rows made, including those that failed.
            failed: Number of rows that failed.
            skipped: Number of failed rows for which the step was not run.
            ended: Number of failed rows that do not continue.
        """
        self._keys += chunk.keys
        self._rows += chunk.rows
        self._closed += chunk.closed
        self._received += 1
        self._made += made
        self._dropped += not made
        self._failed += failed
        self._skipped += skipped
        self._ended += ended
        if self._operator.router is not None:
            # Routes are stored by chunk: which rows are done together differs from run to run.
            self._send()
        elif not self._is_scheduled:
            self._is_scheduled = True
            self._operator.context.gather(self._send_scheduled(), self._operator.name)

    async def _send_scheduled(self) -> None:
        self._is_scheduled = False
        self._send()
        self._on_sent()

    def _send(self) -> None:
        if self.is_empty:
            return
        chunk = RowChunk(self._keys, self._rows, self._closed)
        made = (self._received, self._made, self._dropped, self._failed)
        skipped, ended = self._skipped, self._ended
        self._start_over()
        self._operator.send_processed(chunk, *made, skipped=skipped, ended=ended)
