"""Joins the rows of several predecessors by key, in front of the step that takes them as tuples."""

from __future__ import annotations

from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.row_joiner import RowJoiner
from distilabel._engine.rows.rows import RowChunk


class JoinRows(Operator):
    """Joins the rows of at least two predecessors.

    Args:
        step: Operator of the step that takes the joined rows.
        ports: Number of its predecessors.
        partial: Whether rows were routed, so that some predecessors do not have them.
        context: Context of the run.
    """

    def __init__(self, step: Operator, ports: int, partial: bool, context: RunContext) -> None:
        super().__init__(step.name, context)
        self._joiner = RowJoiner(ports, partial)
        self._step = step
        self._step_port = step.add_port()
        self._reported_lost = 0

    def downstream(self) -> list[Operator]:
        """Returns the operator of the step."""
        return [self._step]

    def push(self, port: int, chunk: RowChunk) -> None:
        """Receives rows from a predecessor, and sends those that are complete."""
        self._send_joined(self._joiner.push(port, chunk))

    def end(self, port: int) -> None:
        """Closes a port, and sends the rows that only missed its predecessor."""
        self._send_joined(self._joiner.end(port))
        super().end(port)

    def _send_joined(self, chunk: RowChunk) -> None:
        lost = self._joiner.lost - self._reported_lost
        if lost:
            # A branch has dropped these rows: their parts from the other branches end here.
            self._reported_lost += lost
            self.report_received(lost)
            self.report_processed(lost, 0, lost, 0)
        if chunk.rows or chunk.closed:
            self._step.push(self._step_port, chunk)

    def all_ports_ended(self) -> None:
        """Closes the port of the step."""
        self._step.end(self._step_port)
