"""Feeds a generator task whose rows are independent: sends their numbers to its `TaskOperator`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk
from distilabel.steps.tasks.row_generator import RowGenerator

# Numbers sent at a time. Rows whose answers are all stored are made at once: other operators must
# run between them.
_AT_ONCE: Final = 50


class TaskSource(BackpressuredOperator):
    """Sends the numbers of rows to make, as there is room for the rows.

    Args:
        step: The generator task.
        context: Context of the run.
        numbers: Numbers of the rows to make, in order.
    """

    def __init__(self, step: RowGenerator, context: RunContext, numbers: Sequence[int]) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._numbers = numbers

    def push(self, port: int, chunk: RowChunk) -> None:
        """Never called: a source has no predecessors."""
        raise AssertionError(self.name)

    def all_ports_ended(self) -> None:
        """Never called: a source has no predecessors."""

    async def feed(self) -> None:
        """Sends all numbers."""
        while self.sent_ordinals < len(self._numbers):
            await self.wait_for_room()
            if self.context.stopping:
                return
            start = self.sent_ordinals
            end = min(start + min(max(1, self.room), _AT_ONCE), len(self._numbers))
            self.sent_ordinals = end
            seeds = self._step._numbered_rows(self._numbers[start:end])
            self.send(RowChunk([(i,) for i in range(start, end)], seeds, range(start, end)))
            await asyncio.sleep(0)
        self.finish()


def row_numbers(
    step: RowGenerator, *, first_batch_only: bool, picked: tuple[int, ...] | None
) -> Sequence[int]:
    """Returns the numbers of the rows that a run makes.

    Args:
        step: The generator task.
        first_batch_only: Whether to stop after one batch, as in a dry run.
        picked: Ordinals of the rows to make, in ascending order, as in a pilot; None makes all.
    """
    total = step._known_length() or 0
    if picked is not None:
        return [number for number in picked if number < total]
    return range(min(total, step.batch_size or 50) if first_batch_only else total)
