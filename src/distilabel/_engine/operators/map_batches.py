"""Plain steps at work: batches of consecutive rows, in a thread, remembered where that pays.

Batches are cut in key order whatever the order in which rows come, so a rerun cuts the same ones.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, Final

from distilabel._engine.calling.step_cache import StepCache, StepResult
from distilabel._engine.calling.step_call import run_step
from distilabel._engine.calling.timed import TimedCall
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.failures import FailurePolicy, Sifted, failed_result
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.reorder_buffer import Batch, ReorderBuffer
from distilabel._engine.rows.rows import Row, RowChunk, keys_at, own_copies
from distilabel.errors import EndpointError
from distilabel.models.batch_jobs.pending import begin_work
from distilabel.models.client.client import ModelClient, use_clients
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import Step
from distilabel.steps.tasks.base import Task

# Batches handed to the thread at a time: crossing over costs more than a small batch. But whoever
# comes next is not to wait for a second slow one.
_AT_ONCE: Final = 16
_AT_ONCE_SECONDS: Final = 0.05

_log = logging.getLogger("distilabel.pipeline")


class MapBatches(Operator):
    """A step that is handed batches.

    Args:
        step: the step.
        shared: what the nodes of the run share.
        size: rows in a batch.
        memo: remembers what the step made of a batch; None remembers nothing.
        door: put up for the step's own synchronous questions.
        reorders: whether the order in which the step gives the rows of a batch is kept; it is not
            where they are joined with rows that did not come this way.
    """

    def __init__(
        self,
        step: Step,
        context: RunContext,
        *,
        size: int,
        cache: StepCache | None = None,
        client: ModelClient | None = None,
        reorders: bool = True,
    ) -> None:
        super().__init__(str(step.name), context)
        self._step = step
        self._size = size
        self._cache = cache
        self._client = client
        self._reorders = reorders
        self._failing = FailurePolicy(step, context)
        # Only tasks note in single rows that they failed on them.
        self._notes = isinstance(step, Task)
        self._timed = (
            TimedCall(step.process_timeout, f"`process` of {step.name}")
            if step.process_timeout is not None
            else None
        )
        self._sorter = ReorderBuffer()
        self._batches: deque[Batch] = deque()
        self._working = False
        self._is_ended = False
        self._looked = False

    def push(self, port: int, chunk: RowChunk) -> None:
        """Puts rows in order and cuts batches from those that are complete."""
        self.took(len(chunk.rows))
        self._sorter.push(chunk)
        self._cut()

    def ended(self) -> None:
        """Cuts what is left."""
        self._is_ended = True
        self._sorter.end()
        self._cut()
        if self._sorter.ready or self._sorter.has_closed:
            self._batches.append(self._sorter.take(self._sorter.ready))
        self._begin()
        self._finish_if_done()

    def _cut(self) -> None:
        while self._sorter.ready >= self._size:
            self._batches.append(self._sorter.take(self._size))
        if not self._sorter.ready and self._sorter.has_closed and not self._batches:
            # Nothing waits here: what was dropped further up need not wait either.
            self.give(RowChunk([], [], self._sorter.take(0).closed))
        self._begin()

    def _begin(self) -> None:
        if self._batches and not self._working:
            self._working = True
            self.context.begin()
            self.context.start(self._work())

    async def _work(self) -> None:
        try:
            while self._batches and not self.context.stopping:
                at_once = _AT_ONCE if self._timed is None else 1
                some = [self._batches.popleft() for _ in range(min(at_once, len(self._batches)))]
                outcomes, error = await self._processed(some)
                self._batches.extendleft(reversed(some[len(outcomes) :]))
                for batch, outcome in zip(some, outcomes, strict=False):
                    self._give(batch, outcome)
                if error is not None:
                    raise error
        except RunStopped:
            pass
        except EndpointError as error:
            error.step = error.step or self.name
            self.context.fail(error)
        finally:
            self._working = False
            self.context.end()
        self._finish_if_done()

    async def _processed(
        self, batches: list[Batch]
    ) -> tuple[list[StepResult], EndpointError | RunStopped | None]:
        if self._timed is None:
            return await self.context.in_thread(self._process_all, batches)
        # What is left behind may still change its rows: they are not to be those that go on.
        own = [batch._replace(rows=own_copies(batch.rows)) for batch in batches]
        try:
            return await self._timed.run(self._process_all, own)
        except TimeoutError as error:
            return [self._failed(batch, error) for batch in batches], None

    def _finish_if_done(self) -> None:
        if self._is_ended and not self._working and not self._batches:
            self._is_ended = False
            if self._timed is not None:
                self._timed.close()
            self.finish()

    def _give(self, batch: Batch, outcome: StepResult) -> None:
        keys = keys_at(batch.keys, outcome.places)
        if self._reorders:
            keys.sort()
        dropped = len(batch.rows) - len({place.origin for place in outcome.places})
        going = Sifted(keys, outcome.rows, 0, 0)
        if outcome.error is not None or self._notes:
            going = self._failing.sift(keys, outcome.rows, outcome.error)
        if batch.rows:
            made = len(outcome.rows)
            self.done(len(batch.rows), made, dropped, going.failed, ended=going.ended)
        self.give(RowChunk(going.keys, going.rows, batch.closed))

    # -- in the thread ----------------------------------------------------------------------

    def _process_all(
        self, batches: list[Batch]
    ) -> tuple[list[StepResult], EndpointError | RunStopped | None]:
        """What becomes of the first of these batches, and what came in between."""
        if self._client is not None:
            use_clients({id(self._client.llm): self._client})
            begin_work(self.context.work())
        outcomes: list[StepResult] = []
        until = time.monotonic() + _AT_ONCE_SECONDS
        for batch in batches:
            if self.context.stopping or (outcomes and time.monotonic() > until):
                break
            try:
                outcomes.append(self._process(batch) if batch.rows else StepResult([], [], None))
            except (EndpointError, RunStopped) as error:
                return outcomes, error
        return outcomes, None

    def _process(self, batch: Batch) -> StepResult:
        if self._cache is None:
            return self._tried(batch)
        return self._cache.outcome(batch.rows, lambda: self._tried(batch))

    def _tried(self, batch: Batch) -> StepResult:
        try:
            outcome = self._run(batch.rows)
        except (EndpointError, RunStopped):
            raise
        except Exception as error:  # noqa: BLE001 (the rows fail, the run goes on)
            return self._failed(batch, error)
        if outcome.rows and not self._looked:
            self._looked = True
            self._look(outcome.rows[0])
        return outcome

    def _run(self, rows: list[Any]) -> StepResult:
        made, matched = run_step(self._step, rows)
        return StepResult(made, matched, None)

    def _look(self, row: Row) -> None:
        """Tells of columns that the step says it gives and does not."""
        absent = [c for c, always in self._step.get_outputs().items() if always and c not in row]
        if absent:
            _log.warning(
                "%s gives no column %s, though its `outputs` name it: what follows may miss it.",
                self.name,
                ", ".join(map(repr, absent)),
            )

    def _failed(self, batch: Batch, error: Exception) -> StepResult:
        # Where it ends the run, that is told then.
        if self._failing.mode != "raise":
            timed_out = self._timed is not None and isinstance(error, TimeoutError)
            _log.warning(
                "%s failed on %d rows, %s: %s: %s",
                self.name,
                len(batch.rows),
                "which end here"
                if self._failing.mode == "drop"
                else "its columns are None in them",
                type(error).__name__,
                error,
                exc_info=None if timed_out else error,
            )
        return failed_result(self._step, batch.rows, error)
