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
        self._held_back = 0

    def push(self, port: int, chunk: Chunk) -> None:
        """Takes rows; they are written in a thread, some thousand at a time."""
        if chunk.rows:
            self.output.add(chunk.keys, chunk.rows)
            if self.output.is_full and not self._writing:
                self._writing = True
                self.shared.begin()
                self.shared.start(self._write())
        # A disk that is slower than the rows come holds them up, else they would fill the memory.
        if self._writing and self.output.is_full:
            self._held_back += len(chunk.closed)
        else:
            self.closed += len(chunk.closed)
        self.shared.wake()

    async def _write(self) -> None:
        try:
            while self.output.is_full:
                self.output.cut()
                self.closed, self._held_back = self.closed + self._held_back, 0
                self.shared.wake()
                await self.shared.in_thread(self.output.write)
        finally:
            self.closed, self._held_back = self.closed + self._held_back, 0
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
