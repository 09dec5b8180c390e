"""Between two stages: keeps rows until the steps they go to are loaded."""

from __future__ import annotations

from distilabel._engine.feed import Feed
from distilabel._engine.rows import Chunk
from distilabel._engine.shared import Shared
from distilabel._engine.sorter import Sorter


class Held(Feed):
    """The way from a step of one stage to a step of a later one.

    `begin` opens it, once all that comes from the earlier stage is here.

    Args:
        successor: name of the step the rows go to.
        shared: what the nodes of the run share.
    """

    def __init__(self, successor: str, shared: Shared) -> None:
        super().__init__(successor, shared)
        self._sorter = Sorter()

    def push(self, port: int, chunk: Chunk) -> None:
        """Keeps the rows."""
        self.closed += len(chunk.closed)
        self._sorter.push(chunk)
        self.shared.wake()

    def ended(self) -> None:
        """All rows are here."""
        self._sorter.end()

    async def feed(self) -> None:
        """Lets the rows go on."""
        batch = self._sorter.take(self._sorter.ready)
        await self.let_go(list(zip(batch.keys, batch.rows, strict=True)), batch.closed.stop)
        if not self.shared.stopping:
            self.finish()
