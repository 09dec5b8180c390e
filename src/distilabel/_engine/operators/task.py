"""Tasks at work: one coroutine per row. A row that waits holds up nobody else.

Where the rows come from is not known here: for a generator of rows they are numbers.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Any, Final

from distilabel._core.row_context import current_row
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.failures import FailurePolicy, has_failed
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import Key, Row, RowChunk
from distilabel.errors import DistilabelError, EndpointError, ModelError, error_record
from distilabel.models.batch_jobs.work import Work, begin_work
from distilabel.models.client.client import ModelClient
from distilabel.models.protocol import RunStopped
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.row_generator import RowGenerator

_log = logging.getLogger("distilabel.pipeline")

# Coroutines are cheap but not free: a step that multiplies rows must not start a million.
_MOST_RUNNING: Final = 4096


class TaskOperator(Operator):
    """A task whose rows are independent of each other.

    Args:
        task: the step.
        door: how it asks its model.
        shared: what the nodes of the run share.
    """

    def __init__(self, task: Task | RowGenerator, client: ModelClient, context: RunContext) -> None:
        super().__init__(str(task.name), context)
        self._task = task
        self._client = client
        self._failing = FailurePolicy(task, context)
        self._mappings = task._mappings
        inputs = task.inputs
        required = dict(inputs) if isinstance(inputs, dict) else dict.fromkeys(inputs, True)
        self._required = [name for name, needed in required.items() if needed]
        self._queue: deque[tuple[Key, Row]] = deque()
        self._running = 0
        self._pending: dict[int, int] = {}
        self._closing: set[int] = set()
        self._is_ended = False
        self._told = False

    def push(self, port: int, chunk: RowChunk) -> None:
        """Begins with the rows at once, as far as there is room for them."""
        self.took(len(chunk.rows))
        pending = self._pending
        for key, row in zip(chunk.keys, chunk.rows, strict=True):
            pending[key[0]] = pending.get(key[0], 0) + 1
            self._queue.append((key, row))
        nothing = []
        for ordinal in chunk.closed:
            if ordinal in pending:
                self._closing.add(ordinal)
            else:
                nothing.append(ordinal)
        if nothing:
            self.give(RowChunk([], [], nothing))
        self._start()

    def _start(self) -> None:
        while self._queue and self._running < _MOST_RUNNING:
            key, row = self._queue.popleft()
            if self._client.can_replay and self._replayed(key, row):
                continue
            self._running += 1
            self.context.begin()
            self.context.start(self._work(key, row))

    def _replayed(self, key: Key, row: Row) -> bool:
        """Whether all answers for a row are kept; then it is done with, at once."""
        given = self._mappings.to_step(row) if self._mappings else row
        if any(given.get(name, self) is None for name in self._required):
            return False
        before = current_row.set(key)
        try:
            made = self._client.replay(lambda ask: self._task._run_aprocess(given, ask))
        except Exception:  # noqa: BLE001 (it will be raised again where it is dealt with)
            return False
        finally:
            current_row.reset(before)
        if made is None:
            return False
        self._pass_on(key, row, made)
        return True

    def _rest(self) -> None:
        """A row waits for a batch job: others may begin."""
        self._running -= 1
        self.context.end()
        self._start()

    def _resume(self) -> None:
        self._running += 1
        self.context.begin()

    async def _work(self, key: Key, row: Row) -> None:
        if self._client.job_builder is not None:
            begin_work(Work(self._rest, self._resume))
        try:
            before = current_row.set(key)
            await self._made(key, row)
            current_row.reset(before)
        finally:
            self._running -= 1
            self.context.end()
        if self._queue:
            self._start()
        self._finish_if_done()

    def _pass_on(
        self,
        key: Key,
        row: Row,
        made: list[Row],
        cause: Exception | None = None,
        *,
        skipped: bool = False,
    ) -> None:
        """Says what became of a row, and gives on what was made of it."""
        # Before the failed ones are left out: the others have the same keys with them and without.
        keys = [key] if len(made) == 1 else [(*key, i) for i in range(len(made))]
        going = self._failing.sift(keys, made, cause, skipped=skipped)
        rows = going.rows
        if self._mappings:
            aside = self._mappings.hidden_columns(row)
            rows = [self._mappings.to_pipeline(item, aside) for item in rows]
        self.done(
            1,
            len(made),
            0 if made else 1,
            going.failed,
            skipped=going.failed if skipped else 0,
            ended=going.ended,
        )
        self.give(RowChunk(going.keys, rows, self._closed_by(key[0])))

    def _closed_by(self, ordinal: int) -> tuple[int, ...]:
        left = self._pending[ordinal] - 1
        if left:
            self._pending[ordinal] = left
            return ()
        del self._pending[ordinal]
        if ordinal in self._closing:
            self._closing.discard(ordinal)
            return (ordinal,)
        return ()

    async def _made(self, key: Key, row: Row) -> None:
        """Makes rows of one and gives them on, unless it is left for the next run."""
        given = self._mappings.to_step(row) if self._mappings else row
        # What failed further up is told there; a row that came with nothing is told here.
        skipped = False
        cause: Exception | None = None
        try:
            empty = [name for name in self._required if given.get(name, self) is None]
            if empty:
                skipped = has_failed(row)
                made = self._task._failed_rows(
                    given, {"type": "Skipped", "message": f"its input {empty[0]} is None"}
                )
            else:
                made = await self._task._run_aprocess(given, self._client)
        except RunStopped:
            return
        except EndpointError as error:
            error.step = error.step or self.name
            self.context.fail(error)
            return
        except Exception as error:  # noqa: BLE001 (the row fails, the run goes on)
            cause = error
            made = self._task._failed_rows(given, self._record_of(error, given))
        self._pass_on(key, row, made, cause, skipped=skipped)

    def _record_of(self, error: Exception, given: Row) -> dict[str, Any]:
        record = error_record(error)
        absent = [name for name in self._required if name not in given]
        if isinstance(error, KeyError) and error.args and error.args[0] in absent:
            record["message"] = f"the row has no column {error.args[0]!r}"
        elif (
            not isinstance(error, (DistilabelError, ModelError))
            and not self._told
            and self._failing.mode != "raise"
        ):
            # No answer that is missing but code that is wrong: once, where.
            self._told = True
            _log.warning("%s: its code raised:", self.name, exc_info=error)
        return record

    def ended(self) -> None:
        """No more rows will come."""
        self._is_ended = True
        self._finish_if_done()

    def _finish_if_done(self) -> None:
        if self._is_ended and not self._running and not self._queue and not self._pending:
            self._is_ended = False
            self.finish()
