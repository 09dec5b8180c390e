"""Between two stages: keeps rows until the steps they go to are loaded."""

from __future__ import annotations

from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.reorder_buffer import ReorderBuffer
from distilabel._engine.rows.rows import RowChunk


class StageBuffer(BackpressuredOperator):
    """The way from a step of one stage to a step of a later one.

    `begin` opens it, once all that comes from the earlier stage is here.

    Args:
        successor: name of the step the rows go to.
        shared: what the nodes of the run share.
    """

    def __init__(self, successor: str, context: RunContext) -> None:
        super().__init__(successor, context)
        self._sorter = ReorderBuffer()

    def push(self, port: int, chunk: RowChunk) -> None:
        """Keeps the rows."""
        self.closed += len(chunk.closed)
        self._sorter.push(chunk)
        self.context.wake()

    def ended(self) -> None:
        """All rows are here."""
        self._sorter.end()

    async def feed(self) -> None:
        """Lets the rows go on."""
        batch = self._sorter.take(self._sorter.ready)
        await self.let_go(list(zip(batch.keys, batch.rows, strict=True)), batch.closed.stop)
        if not self.context.stopping:
            self.finish()
