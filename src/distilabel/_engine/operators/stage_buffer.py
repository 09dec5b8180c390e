"""Holds rows between two stages until the steps of the later one are loaded."""

from __future__ import annotations

from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.reorder_buffer import ReorderBuffer
from distilabel._engine.rows.rows import RowChunk


class StageBuffer(BackpressuredOperator):
    """Connects a step of one stage to a step of a later stage.

    `begin` releases the rows, once all of them have arrived.

    Args:
        successor: Name of the step that the rows go to.
        context: Context of the run.
    """

    def __init__(self, successor: str, context: RunContext) -> None:
        super().__init__(successor, context)
        self._reorder_buffer = ReorderBuffer()

    def push(self, port: int, chunk: RowChunk) -> None:
        """Stores rows."""
        self.closed += len(chunk.closed)
        self._reorder_buffer.push(chunk)
        self.context.wake()

    def all_ports_ended(self) -> None:
        """Closes the buffer: all rows have arrived."""
        self._reorder_buffer.end()

    async def feed(self) -> None:
        """Sends all rows, under backpressure."""
        batch = self._reorder_buffer.take(self._reorder_buffer.ready)
        await self.send_all(list(zip(batch.keys, batch.rows, strict=True)), batch.closed.stop)
        if not self.context.stopping:
            self.finish()
