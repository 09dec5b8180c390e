"""Runs a step that needs all rows at once: waits for them, then sends the result in chunks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from distilabel._core.user_faults import name_and_text
from distilabel._engine.calling.step_cache import StepCache, StepResult
from distilabel._engine.calling.step_call import StepCall, TimedCall, call_with_clients
from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.failures import FailurePolicy, failed_result
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.operators.spill import SpillFile
from distilabel._engine.rows.origins import UnknownOriginError, dropped_rows
from distilabel._engine.rows.reorder_buffer import ReorderBuffer
from distilabel._engine.rows.rows import Key, RowChunk, keys_at, own_copies
from distilabel._engine.workers.pool import Pool
from distilabel.errors import EndpointError
from distilabel.models.client.client import ModelClient
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import Step

_log = logging.getLogger("distilabel.pipeline")


class AllRows(BackpressuredOperator):
    """Runs a step that needs all rows at once.

    Args:
        step: The step.
        context: Context of the run.
        cache: Cache of the step; None caches nothing.
        clients: Clients of the step's models, for its synchronous code.
        reorders: Whether the step may change the order of the rows. It may not where its rows are
            joined with rows that did not pass through it.
        spill: File in which rows wait; None keeps them in memory.
        pool: Worker of the step; None runs it in this process.
    """

    def __init__(
        self,
        step: Step,
        context: RunContext,
        *,
        cache: StepCache | None = None,
        clients: Sequence[ModelClient] = (),
        reorders: bool = True,
        spill: SpillFile | None = None,
        pool: Pool | None = None,
    ) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._step_call = StepCall(step, traces=context.config.is_pilot)
        self._cache = cache
        self._clients = clients
        self._reorders = reorders
        self._failures = FailurePolicy(step, context)
        self._reorder_buffer = ReorderBuffer()
        self._spill = spill
        self._pool = pool

    def push(self, port: int, chunk: RowChunk) -> None:
        """Stores rows."""
        self.report_received(len(chunk.rows))
        self.closed += len(chunk.closed)
        if self._spill is not None:
            chunk = chunk._replace(rows=self._spill.put(chunk.rows))
        self._reorder_buffer.push(chunk)
        self.context.wake()

    def all_ports_ended(self) -> None:
        """Starts processing: all rows have arrived."""
        self._reorder_buffer.end()
        self.begin()

    async def feed(self) -> None:
        """Processes all rows, then sends the results under backpressure."""
        batch = self._reorder_buffer.take(self._reorder_buffer.ready)
        result = StepResult([], range(0))
        if batch.rows:
            try:
                with self.context.activity:
                    result = await self._process(batch.rows)
            except RunStopped:
                return
            except EndpointError as error:
                error.step = error.step or self.name
                raise
        if result.is_assumed:
            self.warn_of_assumed_origins()
        keys = keys_at(batch.keys, result.origins)
        continuing = self._failures.apply(keys, result)
        keys = continuing.keys
        if self._reorders:
            keys.sort()
        rows = sorted(zip(keys, continuing.rows, strict=True), key=_key)
        total = batch.closed.stop
        routes = None
        nowhere = 0
        if self.router is not None:
            # Decided now, so that rows that are routed nowhere are counted with the others.
            chunks = list(self.chunks(rows, total))
            routes = [self._route(chunk) for chunk in chunks]
            nowhere = sum(len(c.rows) for c, names in zip(chunks, routes, strict=True) if not names)
        if batch.rows:
            self.report_processed(
                len(batch.rows),
                len(result.rows),
                dropped_rows(len(batch.rows), result.origins),
                continuing.failed,
                ended=continuing.ended,
                nowhere=nowhere,
            )
        await self.send_all(rows, total, routes)
        if not self.context.stopping:
            self.finish()

    async def _process(self, rows: list[Any]) -> StepResult:
        if self._spill is None:
            return await self._call(rows)
        try:
            return await self._call(await self._spill.take(rows))
        finally:
            await self._spill.close()

    async def _call(self, rows: list[Any]) -> StepResult:
        """Runs `process` on all rows.

        Raises:
            RuntimeError: It failed, and the step does not set `on_error`.
        """
        seconds = self._step.process_timeout
        try:
            if seconds is None:
                return await self.context.in_thread(self._call_in_thread, rows)
            # A call that is left behind may still change its rows: the graph keeps others.
            timed = TimedCall(seconds, f"`process` of {self.name}")
            try:
                return await timed.run(self._call_in_thread, own_copies(rows))
            finally:
                timed.close()
        except (EndpointError, UnknownOriginError):
            raise
        except Exception as error:
            # The `on_error` of the pipeline is meant for single rows, not for all of them.
            if self._step.on_error in ("null", "drop"):
                _log.warning(
                    "%s failed on all %d rows: %s",
                    self.name,
                    len(rows),
                    name_and_text(error),
                    exc_info=error,
                )
                return failed_result(self._step, rows, error)
            raise RuntimeError(
                f"The step {self.name!r} failed on its {len(rows)} rows: "
                f"{name_and_text(error)}. Answers received so far are stored: fix the "
                "step and run again."
            ) from error

    # -- in a thread ------------------------------------------------------------------------

    def _call_in_thread(self, rows: list[Any]) -> StepResult:
        return call_with_clients(self.context, self._clients, self._cached, rows)

    def _cached(self, rows: list[Any]) -> StepResult:
        if self._cache is None:
            return self._run(rows)
        return self._cache.result(rows, lambda: self._run(rows), joined=not self._reorders)

    def _run(self, rows: list[Any]) -> StepResult:
        if self._pool is not None:
            output, remembers = self._pool.run((rows, not self._reorders))
            return StepResult(*output)._replace(changed_state=remembers)
        return StepResult(*self._step_call.run(rows, joined=not self._reorders))


def _key(item: tuple[Key, Any]) -> Key:
    return item[0]
