"""Runs a step with replicas: several batches at a time, each in a worker process."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from distilabel._engine.calling.step_cache import StepCache, StepResult
from distilabel._engine.operators.map_batches import MapBatches
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.reorder_buffer import Batch
from distilabel._engine.workers.pool import Pool, WorkersLost
from distilabel.errors import EndpointError
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import Step


@dataclass(slots=True)
class _StartedBatch:
    """A batch that was started.

    Attributes:
        batch: The batch.
        result: Its result; None while it is running.
    """

    batch: Batch
    result: StepResult | None = None


class MapBatchesInWorkers(MapBatches):
    """Runs a step on batches in worker processes; results are sent in the order of the batches.

    Args:
        step: The step.
        context: Context of the run.
        pool: Its worker processes.
        size: Number of rows in a batch.
        cache: Cache of the step; None caches nothing.
        reorders: As in `MapBatches`.
    """

    def __init__(
        self,
        step: Step,
        context: RunContext,
        pool: Pool,
        *,
        size: int,
        cache: StepCache | None = None,
        reorders: bool = True,
    ) -> None:
        super().__init__(step, context, size=size, cache=cache, reorders=reorders)
        self._pool = pool
        self._lost: WorkersLost | None = None
        self._started: deque[_StartedBatch] = deque()

    def _start(self) -> None:
        # Twice as many as there are processes: a process that is done finds the next one waiting.
        while self._batches and len(self._started) < 2 * self._pool.count:
            if self.context.stopping:
                return
            started = _StartedBatch(self._batches.popleft())
            self._started.append(started)
            self._is_running = True
            self.context.start_work(self._run_batch(started))

    async def _run_batch(self, started: _StartedBatch) -> None:
        try:
            if started.batch.rows:
                started.result = await self._pool.threads.run(self._process, started.batch)
            else:
                started.result = StepResult([], range(0))
            # In order: a later batch must not close source rows that are still in flight.
            while self._started and self._started[0].result is not None:
                first = self._started.popleft()
                assert first.result is not None
                self._send_result(first.batch, first.result)
            self._is_running = bool(self._started)
            self._start()
        except RunStopped:
            if self._lost is not None:
                self.context.fail(self._lost)
            return
        except EndpointError as error:
            error.step = error.step or self.name
            self.context.fail(error)
            return
        self._finish_if_done()

    # -- in a thread ------------------------------------------------------------------------

    def _run(self, rows: list[Any]) -> StepResult:
        try:
            output, remembers = self._pool.run((rows, not self._reorders))
            return StepResult(*output)._replace(changed_state=remembers)
        except WorkersLost as error:
            # The rows have not failed: they are left for the next run.
            self._lost = error
            raise RunStopped from None
