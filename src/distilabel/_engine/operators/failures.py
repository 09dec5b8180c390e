"""What becomes of rows that a step failed on: they go on with None, end there, or end the run.

Here is how a failure is written into a row and found there again. Knows no step's way of working.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from distilabel._core.events import RowFailed
from distilabel._engine.calling.step_cache import StepResult
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import Key, Row, one_to_one
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelError, ModelError, RowError, error_record
from distilabel.steps.base import GeneratorStep, Step


class Sifted(NamedTuple):
    """What goes on of the rows that a step made.

    Attributes:
        keys: of the rows that go on.
        rows: those rows.
        failed: rows that failed.
        ended: those of them that do not go on.
    """

    keys: list[Key]
    rows: list[Row]
    failed: int
    ended: int


class FailurePolicy:
    """Deals with the failed rows of one step, as its `on_error` or that of the pipeline says.

    Args:
        step: the step.
        shared: what the nodes of the run share.
    """

    def __init__(self, step: Step | GeneratorStep, context: RunContext) -> None:
        self._name = str(step.name)
        self._context = context
        self.mode = getattr(step, "on_error", None) or context.config.on_error

    def sift(
        self,
        keys: list[Key],
        rows: list[Row],
        cause: Exception | None = None,
        *,
        skipped: bool = False,
    ) -> Sifted:
        """Tells of the rows that failed and leaves out those that do not go on.

        Args:
            keys: of the rows.
            rows: that a step made; those that failed say so in their metadata.
            cause: what was raised, if something was.
            skipped: whether the step did not try, for what failed further up.
        """
        records = [error_in(row, self._name) for row in rows]
        failed = len(records) - records.count(None)
        if not failed:
            return Sifted(keys, rows, 0, 0)
        going = [
            (key, row)
            for key, row, record in zip(keys, rows, records, strict=True)
            if record is None or self._goes_on(key, record, cause, skipped)
        ]
        ended = len(rows) - len(going)
        return Sifted([key for key, _ in going], [row for _, row in going], failed, ended)

    def _goes_on(
        self, key: Key, record: dict[str, Any], cause: Exception | None, skipped: bool
    ) -> bool:
        if skipped:
            return self.mode != "drop"
        if self.mode == "raise":
            self._context.fail(self._error(key, record, cause))
            return False
        self._context.emit(RowFailed(self._name, key, record))
        return self.mode == "null"

    def _error(self, key: Key, record: dict[str, Any], cause: Exception | None) -> RowError:
        error = RowError(
            f"The step {self._name!r} failed on row {row_name(key)}: {record.get('type')}: "
            f"{record.get('message')}. Its on_error is 'raise', which ends the run. Answers that "
            "came so far are kept: correct it and run again."
        )
        if not isinstance(cause, (DistilabelError, ModelError)):
            # Code that is wrong: where it raised is worth knowing.
            error.__cause__ = cause
        return error


def row_name(key: Key) -> str:
    """A row as people are told of it: `17`, or `17.2` for the third made of that one."""
    return ".".join(map(str, key))


def failed_result(step: Step, rows: list[Any], error: Exception) -> StepResult:
    """The rows of a batch that a plain step failed on: None in its columns, and why.

    Args:
        step: the step.
        rows: of the batch; tuples where there are several predecessors.
        error: what it raised.
    """
    given = [
        next(part for part in row if part is not None) if isinstance(row, tuple) else row
        for row in rows
    ]
    made = step.impute_step_outputs(given)
    for row in made:
        metadata = row.get(DISTILABEL_METADATA_KEY)
        row[DISTILABEL_METADATA_KEY] = {
            **(metadata if isinstance(metadata, dict) else {}),
            f"error_{step.name}": error_record(error),
        }
    return StepResult(made, one_to_one(len(made)), error)


def error_in(row: Row, step: str) -> dict[str, Any] | None:
    """What a step noted in a row about its own failure, if it did."""
    for entry in _entries(row):
        error: dict[str, Any] | None = entry.get(f"error_{step}")
        if error is not None:
            return error
    return None


def has_failed(row: Row) -> bool:
    """Whether any step noted a failure in a row."""
    return any(
        value is not None
        for entry in _entries(row)
        for name, value in entry.items()
        if name.startswith("error_")
    )


def _entries(row: Row) -> list[dict[str, Any]]:
    metadata = row.get(DISTILABEL_METADATA_KEY)
    entries = metadata if isinstance(metadata, list) else [metadata]
    return [entry for entry in entries if isinstance(entry, dict)]
