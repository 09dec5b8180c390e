"""Built-in steps that are pure functions of a row: run where the rows come, as they come."""

from __future__ import annotations

from typing import Any

from distilabel._engine.calling.step_call import run_step
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.failures import FailurePolicy, failed_result
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk, RowOrigin, keys_at
from distilabel.steps.base import Step


class MapRows(Operator):
    """A cheap built-in: no thread, no waiting, no order to keep.

    Args:
        step: the step.
        shared: what the nodes of the run share.
    """

    def __init__(self, step: Step, context: RunContext) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._failing = FailurePolicy(step, context)

    def push(self, port: int, chunk: RowChunk) -> None:
        """Works on the rows and gives them on."""
        if not chunk.rows:
            self.give(chunk)
            return
        self.took(len(chunk.rows))
        self._work(chunk)

    def _work(self, chunk: RowChunk) -> None:
        try:
            made, matched = self._made(chunk.rows)
        except Exception as error:  # noqa: BLE001 (the row fails, the run goes on)
            self._one_by_one(chunk, error)
            return
        dropped = len(chunk.rows) - len({place.origin for place in matched})
        self.done(len(chunk.rows), len(made), dropped, 0)
        self.give(RowChunk(keys_at(chunk.keys, matched), made, chunk.closed))

    def _made(self, rows: list[Any]) -> tuple[list[Any], list[RowOrigin]]:
        if len(rows) == 1 or not self._step._changes_row_count:
            return run_step(self._step, rows)
        made: list[Any] = []
        matched: list[RowOrigin] = []
        for origin, row in enumerate(rows):
            some, places = run_step(self._step, [row])
            made += some
            matched += [RowOrigin(origin, place.branch) for place in places]
        return made, matched

    def _one_by_one(self, chunk: RowChunk, error: Exception) -> None:
        """One row of several could not be worked on: the others are not to suffer for it."""
        if len(chunk.rows) > 1:
            for key, row in zip(chunk.keys, chunk.rows, strict=True):
                self._work(RowChunk([key], [row], ()))
            self.give(RowChunk([], [], chunk.closed))
            return
        outcome = failed_result(self._step, chunk.rows, error)
        going = self._failing.sift(chunk.keys, outcome.rows, error)
        self.done(1, 1, 0, 1, ended=going.ended)
        self.give(RowChunk(going.keys, going.rows, chunk.closed))

    def ended(self) -> None:
        """Nothing is held back here."""
        self.finish()
