"""Runs built-in steps that are pure functions of a row, on the event loop, as rows arrive."""

from __future__ import annotations

from typing import Any

from distilabel._engine.calling.step_call import StepCall, StepOutput
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.failures import FailurePolicy, failed_result
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.origins import dropped_rows
from distilabel._engine.rows.rows import RowChunk, keys_at
from distilabel.steps.base import Step


class MapRows(Operator):
    """Runs a cheap step without a thread, without waiting and in any order.

    Args:
        step: The step.
        context: Context of the run.
    """

    def __init__(self, step: Step, context: RunContext) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._call = StepCall(step, is_row_by_row=True)
        self._failures = FailurePolicy(step, context)

    def push(self, port: int, chunk: RowChunk) -> None:
        """Processes rows and sends the results."""
        if not chunk.rows:
            self.send(chunk)
            return
        self.report_received(len(chunk.rows))
        self._process(chunk)

    def _process(self, chunk: RowChunk) -> None:
        try:
            made = self._run(chunk.rows)
        except Exception as error:  # noqa: BLE001 (the row fails, the run goes on)
            self._process_one_by_one(chunk, error)
            return
        dropped = dropped_rows(len(chunk.rows), made.origins)
        result = RowChunk(keys_at(chunk.keys, made.origins), made.rows, chunk.closed)
        self.send_processed(result, len(chunk.rows), len(made.rows), dropped, 0)

    def _run(self, rows: list[Any]) -> StepOutput:
        if len(rows) == 1 or not self._step._changes_row_count:
            return self._call.run(rows)
        made: list[Any] = []
        origins: list[int | None] = []
        for position, row in enumerate(rows):
            some = self._call.run([row]).rows
            made += some
            origins += [position] * len(some)
        return StepOutput(made, origins)

    def _process_one_by_one(self, chunk: RowChunk, error: Exception) -> None:
        """Separates the row that raised, so that the others in the chunk do not fail with it."""
        if len(chunk.rows) > 1:
            for key, row in zip(chunk.keys, chunk.rows, strict=True):
                self._process(RowChunk([key], [row], ()))
            self.send(RowChunk([], [], chunk.closed))
            return
        result = self._failures.apply(chunk.keys, failed_result(self._step, chunk.rows, error))
        continuing = RowChunk(result.keys, result.rows, chunk.closed)
        self.send_processed(continuing, 1, 1, 0, 1, ended=result.ended)

    def all_ports_ended(self) -> None:
        """Finishes: no rows are held back here."""
        self.finish()
