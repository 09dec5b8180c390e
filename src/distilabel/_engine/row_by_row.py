"""Built-in steps that are pure functions of a row: run where the rows come, as they come."""

from __future__ import annotations

from typing import Any

from distilabel._core.events import RowFailed
from distilabel._engine.node import Node
from distilabel._engine.per_row import error_record
from distilabel._engine.rows import Chunk, keys_at
from distilabel._engine.running import run_step
from distilabel._engine.shared import Shared
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.steps.base import Step


class RowByRow(Node):
    """A cheap built-in: no thread, no waiting, no order to keep.

    Args:
        step: the step.
        shared: what the nodes of the run share.
    """

    def __init__(self, step: Step, shared: Shared) -> None:
        super().__init__(str(step.name), shared)
        self._step = step

    def push(self, port: int, chunk: Chunk) -> None:
        """Works on the rows and gives them on."""
        if not chunk.rows:
            self.give(chunk)
            return
        self.took(len(chunk.rows))
        self._work(chunk)

    def _work(self, chunk: Chunk) -> None:
        try:
            made, matched = run_step(self._step, chunk.rows)
        except Exception as error:  # noqa: BLE001 (the row fails, the run goes on)
            self._one_by_one(chunk, error)
            return
        dropped = len(chunk.rows) - len({place.origin for place in matched})
        self.done(len(chunk.rows), len(made), dropped, 0)
        self.give(Chunk(keys_at(chunk.keys, matched), made, chunk.closed))

    def _one_by_one(self, chunk: Chunk, error: Exception) -> None:
        """One row of several could not be worked on: the others are not to suffer for it."""
        if len(chunk.rows) > 1:
            for key, row in zip(chunk.keys, chunk.rows, strict=True):
                self._work(Chunk([key], [row], ()))
            self.give(Chunk([], [], chunk.closed))
            return
        only: Any = chunk.rows[0]
        row = next(part for part in only if part is not None) if isinstance(only, tuple) else only
        record = error_record(error)
        made = self._step.impute_step_outputs([row])
        metadata = row.get(DISTILABEL_METADATA_KEY)
        made[0][DISTILABEL_METADATA_KEY] = {
            **(metadata if isinstance(metadata, dict) else {}),
            f"error_{self.name}": record,
        }
        self.shared.emit(RowFailed(self.name, chunk.keys[0], record))
        self.done(1, 1, 0, 1)
        self.give(Chunk(chunk.keys, made, chunk.closed))

    def ended(self) -> None:
        """Nothing is held back here."""
        self.finish()
