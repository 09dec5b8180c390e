"""In front of a step with several predecessors: joins their rows and hands them on as tuples."""

from __future__ import annotations

from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.row_joiner import RowJoiner
from distilabel._engine.rows.rows import RowChunk


class JoinRows(Operator):
    """Joins what comes from several predecessors.

    Args:
        step: the node of the step that wants the rows.
        ports: number of its predecessors.
        partial: whether rows were routed, so that some predecessors may not have them.
        shared: what the nodes of the run share.
    """

    def __init__(self, step: Operator, ports: int, partial: bool, context: RunContext) -> None:
        super().__init__(step.name, context)
        self._join = RowJoiner(ports, partial)
        self._step = step
        self._port = step.add_port()
        self._lost = 0

    def downstream(self) -> list[Operator]:
        """The step it stands in front of."""
        return [self._step]

    def push(self, port: int, chunk: RowChunk) -> None:
        """Takes rows from a predecessor."""
        self._pass(self._join.push(port, chunk))

    def end(self, port: int) -> None:
        """A predecessor has no more rows."""
        self._pass(self._join.end(port))
        super().end(port)

    def _pass(self, chunk: RowChunk) -> None:
        lost, self._lost = self._join.lost - self._lost, self._join.lost
        if lost:
            # Rows that a branch has dropped: the others' parts of them end here.
            self.took(lost)
            self.done(lost, 0, lost, 0)
        if chunk.rows or chunk.closed:
            self._step.push(self._port, chunk)

    def ended(self) -> None:
        """All predecessors have ended."""
        self._step.end(self._port)
