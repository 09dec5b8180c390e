"""Runs a task: one coroutine per row, so that a slow row holds up no other.

The rows of a generator task are seeds, each with the number of the row to make.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from distilabel._core.provenance_stamps import stamps_of
from distilabel._core.row_context import current_row
from distilabel._core.user_faults import EXITS, USER_FAULTS, ProgramExit, is_canceled
from distilabel._engine.calling.row_random import RowRandom
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.failures import FailurePolicy, has_failed, lacking_column
from distilabel._engine.operators.gathered_rows import GatheredRows
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import Key, Row, RowChunk
from distilabel.constants import PROVENANCE_COLUMN
from distilabel.errors import DistilabelError, EndpointError, ModelError, error_record
from distilabel.models.batch_jobs.pending import Work, begin_work
from distilabel.models.client.answer_log import noted_answers
from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import set_clients
from distilabel.models.protocol import RunStopped
from distilabel.steps.tasks.base import Task
from distilabel.steps.tasks.row_generator import RowGenerator

_log = logging.getLogger("distilabel.pipeline")

# Coroutines are cheap but not free: after a step that multiplies rows there may be a million.
_MOST_RUNNING: Final = 4096


class TaskOperator(Operator):
    """Runs a task whose rows are independent of each other.

    Args:
        task: The step.
        client: Client of its model.
        context: Context of the run.
        others: Clients of its further models.
    """

    def __init__(
        self,
        task: Task | RowGenerator,
        client: ModelClient,
        context: RunContext,
        others: Sequence[ModelClient] = (),
    ) -> None:
        super().__init__(str(task.name), context)
        self._task = task
        self._random = RowRandom(task)
        context.closing.append(self._random.close)
        self._client = client
        # The code of the task finds the clients of its further models by `current_client`.
        self._clients = {
            id(llm): each
            for each in (client, *others)
            for llm in (each.llm, each.stands_for)
            if others
        }
        self._failures = FailurePolicy(task, context)
        self._mappings = task._mappings
        inputs = task.inputs
        required = dict(inputs) if isinstance(inputs, dict) else dict.fromkeys(inputs, True)
        self._required = [name for name, needed in required.items() if needed]
        self._notes_answers = context.config.provenance
        self._queue: deque[tuple[Key, Row]] = deque()
        self._running = 0
        self._gathered = GatheredRows(self, self.finish_if_done)
        # Rows of each source row that are not sent yet, and the source rows with no more to come.
        self._pending: dict[int, int] = {}
        self._closing: set[int] = set()
        self._has_all_rows = False
        self._has_logged_traceback = False

    def push(self, port: int, chunk: RowChunk) -> None:
        """Starts the rows at once, up to the limit of running coroutines."""
        self.report_received(len(chunk.rows))
        pending = self._pending
        for key, row in zip(chunk.keys, chunk.rows, strict=True):
            pending[key[0]] = pending.get(key[0], 0) + 1
            self._queue.append((key, row))
        closed = []
        for ordinal in chunk.closed:
            if ordinal in pending:
                self._closing.add(ordinal)
            else:
                closed.append(ordinal)
        if closed:
            self.send(RowChunk([], [], closed))
        self._start()

    def _start(self) -> None:
        while self._queue and self._running < _MOST_RUNNING:
            key, row = self._queue.popleft()
            # A replay answers the questions to one model only.
            if not self._clients and self._client.can_replay and self._replayed(key, row):
                continue
            self._running += 1
            self.context.start_work(self._process(key, row), self.name)

    def _replayed(self, key: Key, row: Row) -> bool:
        """Makes the rows from stored answers, if all of them are stored.

        Returns:
            Whether they are; then the row is done.
        """
        inputs = self._mappings.to_step(row) if self._mappings else row
        if any(inputs.get(name, self) is None for name in self._required):
            return False
        before = current_row.set(key)
        drawing = self._random.begin_row() if self._random else None
        try:
            with noted_answers(self._notes_answers) as asked:
                made = self._client.replay(lambda ask: self._task._run_aprocess(inputs, ask))
        except BaseException:  # noqa: BLE001 (raised again, and handled, in `_make`)
            return False
        finally:
            current_row.reset(before)
            if drawing is not None:
                self._random.end_row(drawing)
        if made is None:
            return False
        self._stamp(made, asked)
        self._send_made(key, row, made)
        return True

    async def _process(self, key: Key, row: Row) -> None:
        if self._client.job_builder is not None:
            begin_work(Work(self._pause, self._resume))
        if self._random:
            # To the end of this coroutine's task, which has a context of its own.
            self._random.begin_row()
        if self._clients:
            set_clients(self._clients)
        try:
            before = current_row.set(key)
            await self._make(key, row)
            current_row.reset(before)
        finally:
            self._running -= 1
        if self._queue:
            self._start()
        self.finish_if_done()

    # A row pauses when its first request waits for a batch job and resumes when the last one has
    # its answer. The client calls these two; no `with` block spans both.

    def _pause(self) -> None:
        self._running -= 1
        self.context.activity.end()
        self._start()

    def _resume(self) -> None:
        self._running += 1
        self.context.activity.begin()

    def _stamp(self, made: list[Row], asked: list[dict[str, Any]]) -> None:
        """Has the rows carry which answers they were made with."""
        each_its_own = len(asked) == len(made)
        for i, row in enumerate(made if asked else ()):
            own = asked[i : i + 1] if each_its_own else asked
            row[PROVENANCE_COLUMN] = {**(stamps_of(row) or {}), self.name: own}

    def _send_made(
        self,
        key: Key,
        row: Row,
        made: list[Row],
        cause: BaseException | None = None,
        *,
        skipped: bool = False,
    ) -> None:
        """Sends the rows that were made of a row."""
        # Before failed rows are left out, so that the keys of the others do not depend on it.
        keys = [key] if len(made) == 1 else [(*key, i) for i in range(len(made))]
        result = self._failures.apply_to_task(keys, made, cause, skipped=skipped)
        rows = result.rows
        if self._mappings:
            aside = self._mappings.hidden_columns(row)
            rows = [self._mappings.to_pipeline(item, aside) for item in rows]
        self._gathered.add(
            RowChunk(result.keys, rows, self._closed_by(key[0])),
            len(made),
            failed=result.failed,
            skipped=result.failed if skipped else 0,
            ended=result.ended,
        )

    def _closed_by(self, ordinal: int) -> tuple[int, ...]:
        """Returns the source row if this was the last of its rows."""
        left = self._pending[ordinal] - 1
        if left:
            self._pending[ordinal] = left
            return ()
        del self._pending[ordinal]
        if ordinal in self._closing:
            self._closing.discard(ordinal)
            return (ordinal,)
        return ()

    async def _make(self, key: Key, row: Row) -> None:
        """Makes rows of a row and sends them, unless the run stops before."""
        inputs = self._mappings.to_step(row) if self._mappings else row
        skipped = False
        cause: BaseException | None = None
        try:
            empty = self._left_empty(row, inputs)
            if empty is not None:
                # The step that failed on the row has reported it.
                skipped = True
                made = self._task._failed_rows(
                    inputs, {"type": "Skipped", "message": f"its input {empty} is None"}
                )
            else:
                with noted_answers(self._notes_answers) as asked:
                    made = await self._task._run_aprocess(inputs, self._client)
                self._stamp(made, asked)
        except RunStopped:
            return
        except EndpointError as error:
            error.step = error.step or self.name
            self.context.fail(error)
            return
        except EXITS as error:
            raise ProgramExit(error) from None
        except USER_FAULTS as error:
            if not isinstance(error, Exception) and (is_canceled() or self.context.stopping):
                raise
            cause = error
            made = self._task._failed_rows(inputs, self._record_of(error, inputs))
        self._send_made(key, row, made, cause, skipped=skipped)

    def _left_empty(self, row: Row, inputs: Row) -> str | None:
        """Returns an input column that a failed step of this run left None, if there is one.

        A None that the data brought along is for the task to handle.
        """
        empty = [name for name in self._required if inputs.get(name, self) is None]
        if not empty or not has_failed(row, self.context.failed_steps):
            return None
        mappings, from_data = self._task.input_mappings, self.context.source_columns
        return next((name for name in empty if mappings.get(name, name) not in from_data), None)

    def _record_of(self, error: BaseException, inputs: Row) -> dict[str, Any]:
        record = error_record(error)
        record["message"] = lacking_column(error, [inputs]) or record["message"]
        lacks_input = isinstance(error, KeyError) and error.args[:1] in [
            (c,) for c in self._required
        ]
        if (
            not lacks_input
            and not isinstance(error, (DistilabelError, ModelError))
            and not self._has_logged_traceback
            and self._failures.mode != "raise"
        ):
            # A fault in code, not a missing answer: the first one is logged with its traceback.
            self._has_logged_traceback = True
            _log.warning("%s: its code raised:", self.name, exc_info=error)
        return record

    def all_ports_ended(self) -> None:
        """Finishes, once all rows are sent."""
        self._has_all_rows = True
        self.finish_if_done()

    def finish_if_done(self) -> None:
        """Finishes if all rows are sent."""
        is_done = not self._running and not self._queue and not self._pending
        if self._has_all_rows and is_done and self._gathered.is_empty:
            self._has_all_rows = False
            self.finish()
