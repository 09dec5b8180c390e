"""Runs plain steps on batches of consecutive rows, in a thread, with a cache where that pays.

Batches are cut in key order, in whatever order rows arrive, so that a rerun cuts the same ones.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from contextvars import copy_context
from typing import Any, Final

from distilabel._core.user_faults import USER_FAULTS, name_and_text
from distilabel._engine.calling.step_cache import StepCache, StepResult
from distilabel._engine.calling.step_call import StepCall, TimedCall, call_with_clients
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.failures import FailurePolicy, failed_result
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.origins import UnknownOriginError, dropped_rows
from distilabel._engine.rows.reorder_buffer import Batch, ReorderBuffer
from distilabel._engine.rows.rows import Row, RowChunk, keys_at, own_copies
from distilabel.errors import EndpointError
from distilabel.models.client.client import ModelClient
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import Step

# Batches passed to the thread at a time: switching threads costs more than a small batch. The time
# limit keeps the step behind it from waiting for several slow ones.
_AT_ONCE: Final = 16
_AT_ONCE_SECONDS: Final = 0.05

_Results = tuple[list[StepResult], EndpointError | RunStopped | UnknownOriginError | None]

_log = logging.getLogger("distilabel.pipeline")


class MapBatches(Operator):
    """Runs a step on batches.

    Args:
        step: The step.
        context: Context of the run.
        size: Number of rows in a batch.
        cache: Cache of the step; None caches nothing.
        clients: Clients of the step's models, for its synchronous code.
        reorders: Whether the step may change the order of the rows in a batch. It may not where
            its rows are joined with rows that did not pass through it.
    """

    def __init__(
        self,
        step: Step,
        context: RunContext,
        *,
        size: int,
        cache: StepCache | None = None,
        clients: Sequence[ModelClient] = (),
        reorders: bool = True,
    ) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._call = StepCall(step, traces=context.config.is_pilot)
        self._size = size
        self._cache = cache
        self._clients = clients
        self._reorders = reorders
        self._failures = FailurePolicy(step, context)
        self._timed = (
            TimedCall(step.process_timeout, f"`process` of {step.name}")
            if step.process_timeout is not None
            else None
        )
        self._reorder_buffer = ReorderBuffer()
        self._batches: deque[Batch] = deque()
        self._is_running = False
        self._has_all_rows = False
        self._has_checked_columns = False

    def push(self, port: int, chunk: RowChunk) -> None:
        """Puts rows in order, and starts the batches that are complete."""
        self.report_received(len(chunk.rows))
        self._reorder_buffer.push(chunk)
        self._cut()

    def all_ports_ended(self) -> None:
        """Starts a last batch with the rows that are left."""
        self._has_all_rows = True
        buffer = self._reorder_buffer
        buffer.end()
        self._cut()
        if buffer.ready or buffer.has_closed:
            self._batches.append(buffer.take(buffer.ready))
        self._start()
        self._finish_if_done()

    def _cut(self) -> None:
        buffer = self._reorder_buffer
        while buffer.ready >= self._size:
            self._batches.append(buffer.take(self._size))
        if not buffer.ready and buffer.has_closed and not self._batches:
            # No row waits here, so source rows that were dropped before need not wait either.
            self.send(RowChunk([], [], buffer.take(0).closed))
        self._start()

    def _start(self) -> None:
        if self._batches and not self._is_running:
            self._is_running = True
            self.context.start_work(self._run_batches(), self.name)

    async def _run_batches(self) -> None:
        try:
            while self._batches and not self.context.stopping:
                at_once = _AT_ONCE if self._timed is None else 1
                some = [self._batches.popleft() for _ in range(min(at_once, len(self._batches)))]
                results, error = await self._process_together(some)
                self._batches.extendleft(reversed(some[len(results) :]))
                for batch, result in zip(some, results, strict=False):
                    self._send_result(batch, result)
                if error is not None:
                    raise error
        except RunStopped:
            pass
        except EndpointError as error:
            error.step = error.step or self.name
            self.context.fail(error)
        finally:
            self._is_running = False
        self._finish_if_done()

    async def _process_together(self, batches: list[Batch]) -> _Results:
        if self._timed is None:
            return await self.context.in_thread(self._process_in_thread, batches)
        # A call that is left behind may still change its rows: the graph keeps others.
        own = [batch._replace(rows=own_copies(batch.rows)) for batch in batches]
        try:
            return await self._timed.run(self._process_in_thread, own)
        except TimeoutError as error:
            return [self._failed(batch, error) for batch in batches], None

    def _finish_if_done(self) -> None:
        if self._has_all_rows and not self._is_running and not self._batches:
            self._has_all_rows = False
            if self._timed is not None:
                self._timed.close()
            self.finish()

    def _send_result(self, batch: Batch, result: StepResult) -> None:
        if not batch.rows:
            self.send(RowChunk([], [], batch.closed))
            return
        if result.is_assumed:
            self.warn_of_assumed_origins()
        keys = keys_at(batch.keys, result.origins)
        if self._reorders and keys is not batch.keys:
            keys.sort()
        dropped = dropped_rows(len(batch.rows), result.origins)
        continuing = self._failures.apply(keys, result)
        self.send_processed(
            RowChunk(continuing.keys, continuing.rows, batch.closed),
            len(batch.rows),
            len(result.rows),
            dropped,
            continuing.failed,
            ended=continuing.ended,
        )

    # -- in a thread ------------------------------------------------------------------------

    def _process_in_thread(self, batches: list[Batch]) -> _Results:
        return call_with_clients(self.context, self._clients, self._process_all, batches)

    def _process_all(self, batches: list[Batch]) -> _Results:
        """Processes batches until the time at once is over or the run stops.

        Returns:
            Results of the first batches, and the error that ended the loop, if any.
        """
        results: list[StepResult] = []
        until = time.monotonic() + _AT_ONCE_SECONDS
        for batch in batches:
            if self.context.stopping or (results and time.monotonic() > until):
                break
            try:
                # Every batch begins with the context variables of the caller.
                results.append(copy_context().run(self._process, batch))
            except (EndpointError, RunStopped, UnknownOriginError) as error:
                return results, error
        return results, None

    def _process(self, batch: Batch) -> StepResult:
        if not batch.rows:
            return StepResult([], range(0))
        if self._cache is None:
            return self._try(batch)
        return self._cache.result(batch.rows, lambda: self._try(batch), joined=not self._reorders)

    def _try(self, batch: Batch) -> StepResult:
        try:
            result = self._run(batch.rows)
        except (EndpointError, RunStopped, UnknownOriginError):
            raise
        except USER_FAULTS as error:
            return self._failed(batch, error)
        if result.rows and not self._has_checked_columns:
            self._has_checked_columns = True
            self._check_columns(result.rows[0])
        return result

    def _run(self, rows: list[Any]) -> StepResult:
        return StepResult(*self._call.run(rows, joined=not self._reorders))

    def _check_columns(self, row: Row) -> None:
        """Warns of columns that `outputs` names and `process` does not make."""
        absent = [c for c, always in self._step.get_outputs().items() if always and c not in row]
        if absent:
            _log.warning(
                "%s: `process` makes no column %s, which `outputs` names: later steps may need it.",
                self.name,
                ", ".join(map(repr, absent)),
            )

    def _failed(self, batch: Batch, error: BaseException) -> StepResult:
        # With "raise", the error that ends the run says it.
        if self._failures.mode != "raise":
            timed_out = self._timed is not None and isinstance(error, TimeoutError)
            _log.warning(
                "%s failed on a batch of %d; its rows %s: %s",
                self.name,
                len(batch.rows),
                "are dropped"
                if self._failures.mode == "drop"
                else "continue with None in the columns of the step",
                name_and_text(error),
                exc_info=None if timed_out else error,
            )
        return failed_result(self._step, batch.rows, error)
