"""The feed: lets rows into the graph no faster than they leave it, so that memory stays bounded."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Any, Final

from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.operators.sink import Sink
from distilabel._engine.rows.rows import Key, RowChunk

_CHUNK: Final = 50


class BackpressuredOperator(Operator):
    """A node that holds rows back: a source, or a step that had to see all rows first.

    Args:
        name: of the step.
        shared: what the nodes of the run share.
    """

    def __init__(self, name: str, context: RunContext) -> None:
        super().__init__(name, context)
        self._sinks: list[Operator] | None = None
        self.given_ordinals = 0
        self._look = asyncio.Event()

    def wake(self) -> None:
        """Rows have left the graph, or nobody works."""
        # Looking at every row that leaves would cost more than letting in a few at a time.
        if self.context.idle or not self.context.state.is_running or 3 * self.room >= self._full:
            self._look.set()

    @property
    def _full(self) -> int:
        """Source rows that are on their way when there is no room left."""
        if self.context.config.target is None:
            return self.context.window
        # Towards the end there is room for a few only, and each of them counts.
        return max(8, self.given_ordinals - self._arrived)

    @property
    def sinks(self) -> list[Operator]:
        """Where the rows of this feed come to rest: leaves, and steps that hold all rows."""
        if self._sinks is None:
            found: dict[int, Operator] = {}
            # Branches that meet again lead on once, not once for each way to get there.
            passed: set[int] = set()
            queue = self.downstream()
            while queue:
                node = queue.pop()
                if isinstance(node, BackpressuredOperator) or not node.downstream():
                    found[id(node)] = node
                elif id(node) not in passed:
                    passed.add(id(node))
                    queue += node.downstream()
            self._sinks = list(found.values())
        return self._sinks

    @property
    def room(self) -> int:
        """Source rows that may still be let in."""
        room = self.context.window - (self.given_ordinals - self._arrived)
        quotas = [sink.quota for sink in self.sinks if isinstance(sink, Sink) and sink.quota]
        if quotas:
            # The leaf that lacks most decides; the others leave out what they have too many.
            room = min(room, max(quota.room(self.given_ordinals) for quota in quotas))
        return room

    @property
    def _arrived(self) -> int:
        return min((sink.closed for sink in self.sinks), default=self.given_ordinals)

    async def wait_for_room(self) -> None:
        """Waits until rows may be let in; if nobody works any more, they must be."""
        while not self.context.stopping and (
            self.context.batch_jobs.are_full or (self.room <= 0 and not self._is_needed)
        ):
            self._look.clear()
            await self._look.wait()

    @property
    def _is_needed(self) -> bool:
        """Whether nothing goes on without more rows."""
        if not self.context.idle:
            return False
        # A job takes as many questions as there are; a target wants no more of them than it needs.
        return self.context.config.target is None or not self.context.batch_jobs.have_questions

    @abstractmethod
    async def feed(self) -> None:
        """Lets all rows in."""

    def begin(self) -> None:
        """Starts letting rows in."""
        self.context.waiting.append(self)
        self.context.start(self.feed())

    async def let_go(self, order: list[tuple[Key, Any]], total: int) -> None:
        """Gives rows on bit by bit, as there is room for them.

        Args:
            order: keys and rows, in the order of the keys.
            total: source rows there are in all, whether anything is left of them or not.
        """
        for start in range(0, len(order), _CHUNK):
            await self.wait_for_room()
            if self.context.stopping:
                return
            some = order[start : start + _CHUNK]
            after = order[start + _CHUNK][0][0] if start + _CHUNK < len(order) else total
            closed = range(self.given_ordinals, after)
            self.given_ordinals = after
            self.give(RowChunk([key for key, _ in some], [row for _, row in some], closed))
        if self.given_ordinals < total:
            self.give(RowChunk([], [], range(self.given_ordinals, total)))
            self.given_ordinals = total
