"""Runs built-in steps that are pure functions of a row, on the event loop, as rows arrive."""

from __future__ import annotations

from typing import Any

from distilabel._engine.calling.step_call import run_step
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.failures import FailurePolicy, failed_result
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk, RowOrigin, keys_at
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
            made, origins = self._run(chunk.rows)
        except Exception as error:  # noqa: BLE001 (the row fails, the run goes on)
            self._process_one_by_one(chunk, error)
            return
        dropped = len(chunk.rows) - len({origin.position for origin in origins})
        result = RowChunk(keys_at(chunk.keys, origins), made, chunk.closed)
        self.send_processed(result, len(chunk.rows), len(made), dropped, 0)

    def _run(self, rows: list[Any]) -> tuple[list[Any], list[RowOrigin]]:
        if len(rows) == 1 or not self._step._changes_row_count:
            return run_step(self._step, rows)
        made: list[Any] = []
        origins: list[RowOrigin] = []
        for position, row in enumerate(rows):
            some, its_origins = run_step(self._step, [row])
            made += some
            origins += [RowOrigin(position, origin.branch) for origin in its_origins]
        return made, origins

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
