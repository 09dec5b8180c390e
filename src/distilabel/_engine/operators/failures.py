"""How failed rows are handled: they continue with None, are dropped, or end the run.

The only place that writes a failure into the metadata of a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from distilabel._core.events import RowFailed
from distilabel._engine.calling.step_cache import StepResult
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import Key, Row
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelError, FailureRecord, ModelError, RowError, error_record
from distilabel.steps.base import GeneratorStep, Step
from distilabel.steps.tasks.base import Task


class PolicyResult(NamedTuple):
    """The rows of a step that continue, and counts of those that failed.

    Attributes:
        keys: Keys of the rows that continue.
        rows: Rows that continue.
        failed: Number of rows that failed.
        ended: Number of failed rows that do not continue.
    """

    keys: list[Key]
    rows: list[Row]
    failed: int
    ended: int


class FailurePolicy:
    """Handles the failed rows of one step, by its `on_error` or that of the pipeline.

    Args:
        step: Step whose rows may fail.
        context: Context of the run.
    """

    def __init__(self, step: Step | GeneratorStep, context: RunContext) -> None:
        self._name = str(step.name)
        self._entry = f"error_{step.name}"
        self._is_task = isinstance(step, Task)
        self._context = context
        self.mode = getattr(step, "on_error", None) or context.config.on_error

    def apply(self, keys: list[Key], result: StepResult) -> PolicyResult:
        """Handles what `process` made of a batch.

        Args:
            keys: Keys of the rows.
            result: The rows, and the exception if `process` raised one.
        """
        if result.error is not None:
            record = error_record(result.error)
            for row in result.rows:
                self._write(row, record)
            return self._handle(keys, result.rows, [record] * len(keys), result.error)
        if self._is_task:
            return self.apply_to_task(keys, result.rows)
        return PolicyResult(keys, result.rows, 0, 0)

    def apply_to_task(
        self,
        keys: list[Key],
        rows: list[Row],
        cause: Exception | None = None,
        *,
        skipped: bool = False,
    ) -> PolicyResult:
        """Handles rows of a task, each of which may have failed by itself.

        Args:
            keys: Keys of the rows.
            rows: The rows; a failed one carries its `FailureRecord`.
            cause: Exception that the task raised, if any.
            skipped: Whether the task was not run, because of a failure in an earlier step.
        """
        records = [self._settled(row) for row in rows]
        if records.count(None) == len(records):
            return PolicyResult(keys, rows, 0, 0)
        return self._handle(keys, rows, records, cause, skipped=skipped)

    def _handle(
        self,
        keys: list[Key],
        rows: list[Row],
        records: Sequence[dict[str, Any] | None],
        cause: Exception | None,
        *,
        skipped: bool = False,
    ) -> PolicyResult:
        self._context.failed_steps.add(self._name)
        continuing = [
            (key, row)
            for key, row, record in zip(keys, rows, records, strict=True)
            if record is None or self._continues(key, record, cause, skipped=skipped)
        ]
        return PolicyResult(
            [key for key, _ in continuing],
            [row for _, row in continuing],
            failed=len(records) - records.count(None),
            ended=len(rows) - len(continuing),
        )

    def _continues(
        self, key: Key, record: dict[str, Any], cause: Exception | None, *, skipped: bool
    ) -> bool:
        if skipped:
            return self.mode != "drop"
        if self.mode == "raise":
            self._context.fail(self._row_error(key, record, cause))
            return False
        self._context.emit(RowFailed(self._name, key, record))
        return self.mode == "null"

    def _row_error(self, key: Key, record: dict[str, Any], cause: Exception | None) -> RowError:
        error = RowError(
            f"The step {self._name!r} failed on row {row_name(key)}: {record.get('type')}: "
            f"{record.get('message')}. Its on_error is 'raise', which ends the run. Answers "
            "received so far are stored: fix the step and run again."
        )
        if not isinstance(cause, (DistilabelError, ModelError)):
            # A fault in code: the traceback shows where.
            error.__cause__ = cause
        return error

    # -- in the metadata of a row -----------------------------------------------------------

    def _write(self, row: Row, record: dict[str, Any]) -> None:
        metadata = row.get(DISTILABEL_METADATA_KEY)
        before = metadata if isinstance(metadata, dict) else {}
        row[DISTILABEL_METADATA_KEY] = {**before, self._entry: dict(record)}

    def _settled(self, row: Row) -> dict[str, Any] | None:
        """Writes the failure that a row of a task carries, and returns it.

        An answered row of an earlier run's dataset may hold the failure of that run, as plain
        data. It is removed: the row has its answer now.
        """
        metadata = row.get(DISTILABEL_METADATA_KEY)
        entries = metadata if isinstance(metadata, list) else (metadata,)
        found = [e[self._entry] for e in entries if isinstance(e, dict) and e.get(self._entry)]
        if not found:
            return None
        written = [self._entry_written(e) if isinstance(e, dict) else e for e in entries]
        row[DISTILABEL_METADATA_KEY] = written if isinstance(metadata, list) else written[0]
        return next((dict(record) for record in found if type(record) is FailureRecord), None)

    def _entry_written(self, entry: dict[str, Any]) -> dict[str, Any]:
        written = {name: value for name, value in entry.items() if name != self._entry}
        if isinstance(entry.get(self._entry), FailureRecord):
            written[self._entry] = dict(entry[self._entry])
        return written


def row_name(key: Key) -> str:
    """Returns the name of a row in messages: `17`, or `17.2` for the third row made from it."""
    return ".".join(map(str, key))


def failed_result(step: Step, rows: list[Any], error: Exception) -> StepResult:
    """Returns the rows of a failed batch, with None in the columns of the step.

    Args:
        step: The step.
        rows: Rows of the batch; tuples where there are several predecessors.
        error: Exception that `process` raised.
    """
    inputs = [
        next(part for part in row if part is not None) if isinstance(row, tuple) else row
        for row in rows
    ]
    return StepResult(step.impute_step_outputs(inputs), range(len(inputs)), error=error)


def has_failed(row: Row, steps: Iterable[str]) -> bool:
    """Whether one of these steps failed on a row.

    Args:
        row: The row.
        steps: Names of the steps that failed on rows in this run. An input row may hold the
            failures of an earlier run, which do not count.
    """
    metadata = row.get(DISTILABEL_METADATA_KEY)
    entries = metadata if isinstance(metadata, list) else [metadata]
    names = [f"error_{step}" for step in steps]
    return any(
        entry.get(n) is not None for entry in entries if isinstance(entry, dict) for n in names
    )
