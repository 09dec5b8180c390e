"""Backpressure: rows enter the graph no faster than they leave it, so that memory stays bounded."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Final

from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.operators.sink import Sink
from distilabel._engine.rows.rows import Key, RowChunk

# Rows in a chunk that is sent at a time.
_CHUNK: Final = 50


class BackpressuredOperator(Operator):
    """Holds rows back until there is room: a source, or a step that had to see all rows first.

    Args:
        name: Name of the step.
        context: Context of the run.

    Attributes:
        sent_ordinals: Number of source rows that were sent.
    """

    def __init__(self, name: str, context: RunContext) -> None:
        super().__init__(name, context)
        self._sinks: list[Operator] | None = None
        self.sent_ordinals = 0
        self._may_have_room = asyncio.Event()

    def wake(self) -> None:
        """Checks for room: rows have left the graph, nothing is running, or the run drains."""
        # Checking after every row that leaves would cost more than sending a few at a time.
        if (
            self.context.activity.idle
            or not self.context.state.is_running
            or 3 * self.room >= self._full
        ):
            self._may_have_room.set()

    @property
    def _full(self) -> int:
        """Source rows in flight when there is no room left."""
        if self.context.config.target is None:
            return self.context.window
        # Near the target there is room for a few rows only, and each of them counts.
        return max(8, self.sent_ordinals - self._arrived)

    @property
    def sinks(self) -> list[Operator]:
        """Operators where its rows leave memory or wait: sinks, and steps that hold all rows."""
        if self._sinks is None:
            found: dict[int, Operator] = {}
            # Branches may join again: every operator is visited once.
            visited: set[int] = set()
            queue = self.downstream()
            while queue:
                operator = queue.pop()
                if isinstance(operator, BackpressuredOperator) or not operator.downstream():
                    found[id(operator)] = operator
                elif id(operator) not in visited:
                    visited.add(id(operator))
                    queue += operator.downstream()
            self._sinks = list(found.values())
        return self._sinks

    @property
    def room(self) -> int:
        """Number of source rows that may still be sent."""
        room = self.context.window - (self.sent_ordinals - self._arrived)
        limits = [sink.limit for sink in self.sinks if isinstance(sink, Sink) and sink.limit]
        if limits:
            # The sink that lacks most rows decides; the others ignore what they have too many.
            room = min(room, max(limit.room(self.sent_ordinals) for limit in limits))
        return room

    @property
    def _arrived(self) -> int:
        return min((sink.closed for sink in self.sinks), default=self.sent_ordinals)

    async def wait_for_room(self) -> None:
        """Waits until rows may be sent, or must be because nothing else is running."""
        while not self.context.stopping and (
            self.context.batch_jobs.is_full or (self.room <= 0 and not self._must_send)
        ):
            self._may_have_room.clear()
            await self._may_have_room.wait()

    @property
    def _must_send(self) -> bool:
        """Whether nothing goes on without more rows."""
        if not self.context.activity.idle:
            return False
        # A batch job takes all requests there are; a target wants no more than it needs.
        return self.context.config.target is None or not self.context.batch_jobs.has_pending

    @abstractmethod
    async def feed(self) -> None:
        """Sends all rows."""

    def begin(self) -> None:
        """Starts sending rows."""
        self.context.waiting.append(self)
        self.context.start(self.feed(), self.name)

    async def send_all(
        self, rows: list[tuple[Key, Any]], total: int, routes: list[list[str] | None] | None = None
    ) -> None:
        """Sends rows in chunks, as there is room for them.

        Args:
            rows: Keys and rows, in key order.
            total: Number of source rows, including those of which no rows are left.
            routes: Names of the successors of each chunk, as `chunks` cuts them; None for all.
        """
        for number, chunk in enumerate(self.chunks(rows, total)):
            await self.wait_for_room()
            if self.context.stopping:
                return
            self.sent_ordinals += len(chunk.closed)
            self._send_to(routes[number] if routes is not None else None, chunk)

    def chunks(self, rows: list[tuple[Key, Any]], total: int) -> Iterator[RowChunk]:
        """Cuts rows into the chunks that `send_all` sends.

        Args:
            rows: Keys and rows, in key order.
            total: Number of source rows, including those of which no rows are left.
        """
        closed = 0
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            after = rows[start + _CHUNK][0][0] if start + _CHUNK < len(rows) else total
            yield RowChunk([key for key, _ in some], [row for _, row in some], range(closed, after))
            closed = after
        if closed < total:
            yield RowChunk([], [], range(closed, total))
