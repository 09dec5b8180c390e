"""The end of a branch: takes rows out of the graph and into files."""

from __future__ import annotations

from pathlib import Path

from distilabel._engine.node import Node
from distilabel._engine.output import Output
from distilabel._engine.rows import Chunk
from distilabel._engine.shared import Shared


class Leaf(Node):
    """Writes the rows of one leaf step.

    Args:
        name: of the leaf step.
        folder: for its files.
        shared: what the nodes of the run share.
    """

    def __init__(self, name: str, folder: Path, shared: Shared) -> None:
        super().__init__(name, shared)
        self.output = Output(folder)
        self.is_ended = False
        self._writing = False

    def push(self, port: int, chunk: Chunk) -> None:
        """Takes rows; they are written in a thread, some thousand at a time."""
        self.closed += len(chunk.closed)
        if chunk.rows:
            self.output.add(chunk.keys, chunk.rows)
            if self.output.is_full and not self._writing:
                self._writing = True
                self.shared.begin()
                self.shared.start(self._write())
        self.shared.wake()

    async def _write(self) -> None:
        try:
            while self.output.is_full:
                await self.shared.in_thread(self.output.flush)
        finally:
            self._writing = False
            self.shared.end()
        self._finish_if_done()

    def ended(self) -> None:
        """No more rows come."""
        self.is_ended = True
        self._finish_if_done()

    def _finish_if_done(self) -> None:
        if self.is_ended and not self._writing:
            self.shared.leaf_ended()
