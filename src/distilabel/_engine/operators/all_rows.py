"""A global step at work: waits for all rows, then lets go of what it made of them bit by bit."""

from __future__ import annotations

import logging
from typing import Any

from distilabel._engine.calling.step_cache import StepCache, StepResult
from distilabel._engine.calling.step_call import run_step
from distilabel._engine.calling.timed import TimedCall
from distilabel._engine.operators.backpressure import BackpressuredOperator
from distilabel._engine.operators.failures import FailurePolicy, Sifted, failed_result
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.operators.spill import SpillFile
from distilabel._engine.rows.reorder_buffer import ReorderBuffer
from distilabel._engine.rows.rows import Key, RowChunk, keys_at, own_copies
from distilabel._engine.workers.pool import Pool
from distilabel.errors import EndpointError
from distilabel.models.batch_jobs.pending import begin_work
from distilabel.models.client.client import ModelClient, use_clients
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import Step
from distilabel.steps.tasks.base import Task

_log = logging.getLogger("distilabel.pipeline")


class AllRows(BackpressuredOperator):
    """A step that needs all rows at once.

    Args:
        step: the step.
        shared: what the nodes of the run share.
        memo: remembers what the step made of the rows; None remembers nothing.
        door: put up for the step's own synchronous questions.
        reorders: whether the order in which the step gives rows is kept; it is not where they are
            joined with rows that did not come this way.
        spool: where rows wait; None is in memory.
        pool: its worker; None runs it in this process.
    """

    def __init__(
        self,
        step: Step,
        context: RunContext,
        *,
        cache: StepCache | None = None,
        client: ModelClient | None = None,
        reorders: bool = True,
        spool: SpillFile | None = None,
        pool: Pool | None = None,
    ) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._cache = cache
        self._client = client
        self._reorders = reorders
        self._failing = FailurePolicy(step, context)
        self._sorter = ReorderBuffer()
        self._spool = spool
        self._pool = pool

    def push(self, port: int, chunk: RowChunk) -> None:
        """Keeps the rows."""
        self.took(len(chunk.rows))
        self.closed += len(chunk.closed)
        if self._spool is not None:
            chunk = chunk._replace(rows=self._spool.put(chunk.rows))
        self._sorter.push(chunk)
        self.context.wake()

    def ended(self) -> None:
        """All rows are here."""
        self._sorter.end()
        self.begin()

    async def feed(self) -> None:
        """Works on all rows and lets go of the outcome."""
        batch = self._sorter.take(self._sorter.ready)
        outcome = StepResult([], [], None)
        if batch.rows:
            self.context.begin()
            try:
                if self._spool is not None:
                    batch = batch._replace(rows=await self._spool.take(batch.rows))
                outcome = await self._processed(batch.rows)
            except RunStopped:
                return
            except EndpointError as error:
                error.step = error.step or self.name
                raise
            finally:
                # Still counted as work: the rows have not gone on yet.
                if self._spool is not None:
                    await self._spool.close()
                self.context.end()
        keys = keys_at(batch.keys, outcome.places)
        going = Sifted(keys, outcome.rows, 0, 0)
        # Only tasks note in single rows that they failed on them.
        if outcome.error is not None or isinstance(self._step, Task):
            going = self._failing.sift(keys, outcome.rows, outcome.error)
        if batch.rows:
            dropped = len(batch.rows) - len({place.origin for place in outcome.places})
            made = len(outcome.rows)
            self.done(len(batch.rows), made, dropped, going.failed, ended=going.ended)
        keys = going.keys
        if self._reorders:
            keys.sort()
        order = sorted(zip(keys, going.rows, strict=True), key=_key)
        await self.let_go(order, batch.closed.stop)
        if not self.context.stopping:
            self.finish()

    async def _processed(self, rows: list[Any]) -> StepResult:
        """What the step makes of all rows.

        Raises:
            RuntimeError: it failed, and has not said that it may.
        """
        seconds = self._step.process_timeout
        try:
            if seconds is None:
                return await self.context.in_thread(self._process, rows)
            # What is left behind may still change its rows: they are not to be those that go on.
            timed = TimedCall(seconds, f"`process` of {self.name}")
            try:
                return await timed.run(self._process, own_copies(rows))
            finally:
                timed.close()
        except EndpointError:
            raise
        except Exception as error:
            # Of all rows at once: what the pipeline says of single ones is not meant for that.
            if self._step.on_error in ("null", "drop"):
                _log.warning(
                    "%s failed on all %d rows: %s: %s",
                    self.name,
                    len(rows),
                    type(error).__name__,
                    error,
                    exc_info=error,
                )
                return failed_result(self._step, rows, error)
            raise RuntimeError(
                f"The step {self.name!r} failed on its {len(rows)} rows: "
                f"{type(error).__name__}: {error}. Answers that came so far are kept: correct "
                "it and run again."
            ) from error

    def _process(self, rows: list[Any]) -> StepResult:
        if self._client is not None:
            use_clients({id(self._client.llm): self._client})
            begin_work(self.context.work())
        if self._cache is None:
            return self._made(rows)
        return self._cache.outcome(rows, lambda: self._made(rows))

    def _made(self, rows: list[Any]) -> StepResult:
        if self._pool is not None:
            made, matched, remembers = self._pool.run(rows)
            return StepResult(made, matched, None, remembers)
        made, matched = run_step(self._step, rows)
        return StepResult(made, matched, None)


def _key(item: tuple[Key, Any]) -> Key:
    return item[0]
