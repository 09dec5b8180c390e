"""A node: one step at work. Takes chunks from predecessors and gives chunks to successors."""

from __future__ import annotations

from abc import ABC, abstractmethod

from distilabel._core.events import RowsProcessed, RowsReceived
from distilabel._engine.operators.router import Router
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk, own_copy


class Operator(ABC):
    """One step at work.

    Args:
        name: of the step.
        shared: what the nodes of the run share.
    """

    def __init__(self, name: str, context: RunContext) -> None:
        self.name = name
        self.context = context
        self.router: Router | None = None
        self.closed = 0
        self.is_finished = False
        self._outs: list[tuple[Operator, int]] = []
        self._open_ports = 0

    def connect(self, successor: Operator) -> None:
        """Sends the rows of this node to another one."""
        self._outs.append((successor, successor.add_port()))

    def downstream(self) -> list[Operator]:
        """The nodes its rows go to next."""
        return [node for node, _ in self._outs]

    def add_port(self) -> int:
        """One more predecessor; gives its number."""
        self._open_ports += 1
        return self._open_ports - 1

    @abstractmethod
    def push(self, port: int, chunk: RowChunk) -> None:
        """Takes rows from a predecessor."""

    def end(self, port: int) -> None:
        """A predecessor has no more rows."""
        self._open_ports -= 1
        if self._open_ports == 0:
            self.ended()

    @abstractmethod
    def ended(self) -> None:
        """No predecessor has more rows; `finish` must follow when the last ones are given on."""

    def finish(self) -> None:
        """This node has no more rows."""
        self.is_finished = True
        self.context.operator_finished()
        for node, port in self._outs:
            node.end(port)

    def give(self, chunk: RowChunk) -> None:
        """Hands rows to the successors, to each its own copy."""
        chosen = self.router.choose(chunk) if self.router and chunk.rows else None
        receivers = [n for n, _ in self._outs if chosen is None or n.name in chosen]
        if chosen is not None and not receivers:
            # Sent to nobody, the rows end here: they were given, and are dropped.
            count = len(chunk.rows)
            self.context.emit(RowsProcessed(self.name, 0, -count, count, 0, 0, 0))
        for node, port in self._outs:
            if node not in receivers:
                node.push(port, RowChunk([], [], chunk.closed))
            elif node is receivers[-1]:
                node.push(port, chunk)
            else:
                node.push(port, chunk._replace(rows=[own_copy(row) for row in chunk.rows]))

    def took(self, count: int) -> None:
        """Says that rows came."""
        if count:
            self.context.emit(RowsReceived(self.name, count))

    def done(
        self,
        taken: int,
        made: int,
        dropped: int,
        failed: int,
        *,
        skipped: int = 0,
        ended: int = 0,
    ) -> None:
        """Says what became of rows that came.

        Args:
            taken: rows that came.
            made: rows made of them, failed ones among them.
            dropped: rows of which nothing was made.
            failed: rows that failed.
            skipped: those of the failed ones that were not tried.
            ended: those of the failed ones that do not go on.
        """
        created = made + dropped - taken
        self.context.emit(
            RowsProcessed(self.name, taken, made - failed, dropped, created, failed, skipped, ended)
        )
