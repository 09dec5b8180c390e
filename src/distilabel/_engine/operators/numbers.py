"""Numbers to make rows of: the feed of a generator task whose rows know nothing of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk
from distilabel.steps.tasks.row_generator import RowGenerator

# Rows whose answers are all kept are made at once: others are to have their turn between them.
_AT_ONCE: Final = 50


class RowNumbers(BackpressuredOperator):
    """Lets numbers in, as there is room for what is made of them. The step itself follows it.

    Args:
        step: the generator.
        shared: what the nodes of the run share.
        numbers: of the rows to make, in order.
    """

    def __init__(self, step: RowGenerator, context: RunContext, numbers: Sequence[int]) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._numbers = numbers

    def push(self, port: int, chunk: RowChunk) -> None:
        """Nobody precedes it."""
        raise AssertionError(self.name)

    def ended(self) -> None:
        """Nobody precedes it."""

    async def feed(self) -> None:
        """Lets all numbers in."""
        while self.given_ordinals < len(self._numbers):
            await self.wait_for_room()
            if self.context.stopping:
                return
            start = self.given_ordinals
            end = min(start + min(max(1, self.room), _AT_ONCE), len(self._numbers))
            self.given_ordinals = end
            seeds = self._step._numbered_rows(self._numbers[start:end])
            self.give(RowChunk([(i,) for i in range(start, end)], seeds, range(start, end)))
            await asyncio.sleep(0)
        self.finish()


def numbers_of(
    step: RowGenerator, *, first_batch_only: bool, picked: tuple[int, ...] | None
) -> Sequence[int]:
    """The numbers of the rows that a run is to make.

    Args:
        step: the generator.
        first_batch_only: whether to stop after one batch, as in a dry run.
        picked: ordinals of the rows to give, in order, as in a pilot; None is all of them.
    """
    total = step._known_length() or 0
    if picked is not None:
        return [number for number in picked if number < total]
    return range(min(total, step.batch_size or 50) if first_batch_only else total)
