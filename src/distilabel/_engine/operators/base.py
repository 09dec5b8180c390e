"""`Operator`: runs one step. Receives chunks from its predecessors and sends chunks on."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod

from distilabel._core.events import RowsProcessed, RowsReceived
from distilabel._engine.operators.router import Router
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk, own_copy

_log = logging.getLogger("distilabel.pipeline")


class Operator(ABC):
    """Runs one step.

    Args:
        name: Name of the step.
        context: Context of the run.

    Attributes:
        router: Chooses the successors of each chunk; None sends every chunk to all of them.
        closed: Number of source rows of which no more rows will arrive.
        is_finished: Whether the last row was sent.
    """

    def __init__(self, name: str, context: RunContext) -> None:
        self.name = name
        self.context = context
        self.router: Router | None = None
        self.closed = 0
        self.is_finished = False
        self._successors: list[tuple[Operator, int]] = []
        self._open_ports = 0
        self._has_warned_of_origins = False

    def connect(self, successor: Operator) -> None:
        """Sends the rows of this operator to another one."""
        self._successors.append((successor, successor.add_port()))

    def downstream(self) -> list[Operator]:
        """Returns the operators that its rows go to next."""
        return [successor for successor, _ in self._successors]

    def add_port(self) -> int:
        """Adds a port for one more predecessor.

        Returns:
            Number of the port.
        """
        self._open_ports += 1
        return self._open_ports - 1

    @abstractmethod
    def push(self, port: int, chunk: RowChunk) -> None:
        """Receives rows from the predecessor at a port."""

    def end(self, port: int) -> None:
        """Closes a port: its predecessor has no more rows."""
        self._open_ports -= 1
        if self._open_ports == 0:
            self.all_ports_ended()

    @abstractmethod
    def all_ports_ended(self) -> None:
        """Called when no predecessor has more rows; `finish` must follow the last row."""

    def finish(self) -> None:
        """Closes the ports of the successors: this operator has sent its last row."""
        self.is_finished = True
        self.context.operator_finished()
        for successor, port in self._successors:
            self.context.deliver(successor.end, port)

    # -- sending rows -----------------------------------------------------------------------

    def send(self, chunk: RowChunk) -> None:
        """Sends a chunk whose rows are counted elsewhere, or that has none."""
        self._send_to(self._route(chunk), chunk)

    def send_processed(
        self,
        chunk: RowChunk,
        received: int,
        made: int,
        dropped: int,
        failed: int,
        *,
        skipped: int = 0,
        ended: int = 0,
    ) -> None:
        """Sends a chunk and reports how its rows were made.

        Args:
            chunk: Rows that continue.
            received: Number of rows they were made from.
            made: Number of rows made, including those that failed.
            dropped: Number of received rows from which nothing was made.
            failed: Number of rows that failed.
            skipped: Number of failed rows for which the step was not run.
            ended: Number of failed rows that do not continue.
        """
        names = self._route(chunk)
        nowhere = 0 if names is None or names else len(chunk.rows)
        self.report_processed(
            received, made, dropped, failed, skipped=skipped, ended=ended, nowhere=nowhere
        )
        self._send_to(names, chunk)

    def _route(self, chunk: RowChunk) -> list[str] | None:
        """Returns the names of the successors for the rows of a chunk; None for all."""
        return self.router.choose(chunk) if self.router is not None and chunk.rows else None

    def _send_to(self, names: list[str] | None, chunk: RowChunk) -> None:
        """Sends a chunk to these successors, to each its own copy of the rows."""
        deliver = self.context.deliver
        receivers = [s for s, _ in self._successors if names is None or s.name in names]
        for successor, port in self._successors:
            if successor not in receivers:
                deliver(successor.push, port, RowChunk([], [], chunk.closed))
            elif successor is receivers[-1]:
                deliver(successor.push, port, chunk)
            else:
                own = chunk._replace(rows=[own_copy(row) for row in chunk.rows])
                deliver(successor.push, port, own)

    # -- events -----------------------------------------------------------------------------

    def report_received(self, count: int) -> None:
        """Reports rows that arrived."""
        if count:
            self.context.emit(RowsReceived(self.name, count))

    def report_processed(
        self,
        received: int,
        made: int,
        dropped: int,
        failed: int,
        *,
        skipped: int = 0,
        ended: int = 0,
        nowhere: int = 0,
    ) -> None:
        """Reports rows that were processed.

        Args:
            received: Number of rows that arrived.
            made: Number of rows made from them, including those that failed.
            dropped: Number of rows from which nothing was made.
            failed: Number of rows that failed.
            skipped: Number of failed rows for which the step was not run.
            ended: Number of failed rows that do not continue.
            nowhere: Number of rows that would continue, but are routed to no successor.
        """
        created = made + dropped - received
        given = made - failed
        if nowhere:
            # They end here: a failed row as one that does not continue, any other as dropped.
            failed_nowhere = min(nowhere, failed - ended)
            ended += failed_nowhere
            dropped += nowhere - failed_nowhere
            given -= nowhere - failed_nowhere
        self.context.emit(
            RowsProcessed(self.name, received, given, dropped, created, failed, skipped, ended)
        )

    def warn_of_assumed_origins(self) -> None:
        """Warns, once, that rows of unknown origin are paired by their position."""
        if not self._has_warned_of_origins:
            self._has_warned_of_origins = True
            _log.warning(
                "%s: it cannot be told from which input rows the rows of `process` are made, so "
                "they are paired by position: the first with the first. If `process` changes the "
                'order, yield copies of the input rows: {**row, "column": value}.',
                self.name,
            )
