"""A plain step with replicas at work: several batches at a time, each in a worker process."""

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
class _Begun:
    """A batch that was begun, and what has become of it."""

    batch: Batch
    outcome: StepResult | None = None


class MapBatchesInWorkers(MapBatches):
    """A step that is handed batches in worker processes; batches go on in their order.

    Args:
        step: the step.
        shared: what the nodes of the run share.
        pool: its processes.
        size: rows in a batch.
        memo: remembers what the step made of a batch; None remembers nothing.
        reorders: as in `MapBatches`.
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
        self._begun: deque[_Begun] = deque()

    def _begin(self) -> None:
        # Twice as many as there are processes: whoever is done finds the next one waiting.
        while self._batches and len(self._begun) < 2 * self._pool.count:
            if self.context.stopping:
                return
            begun = _Begun(self._batches.popleft())
            self._begun.append(begun)
            self._working = True
            self.context.begin()
            self.context.start(self._follow(begun))

    async def _follow(self, begun: _Begun) -> None:
        try:
            if begun.batch.rows:
                begun.outcome = await self._pool.threads.run(self._process, begun.batch)
            else:
                begun.outcome = StepResult([], [], None)
            # What comes after must not close rows that are still on their way.
            while self._begun and self._begun[0].outcome is not None:
                first = self._begun.popleft()
                assert first.outcome is not None
                self._give(first.batch, first.outcome)
            self._working = bool(self._begun)
            self._begin()
        except RunStopped:
            if self._lost is not None:
                self.context.fail(self._lost)
            return
        except EndpointError as error:
            error.step = error.step or self.name
            self.context.fail(error)
            return
        finally:
            self.context.end()
        self._finish_if_done()

    # -- in a thread ------------------------------------------------------------------------

    def _run(self, rows: list[Any]) -> StepResult:
        try:
            made, places, remembers = self._pool.run(rows)
            return StepResult(made, places, None, remembers)
        except WorkersLost as error:
            # The rows have not failed: they are left for the next run.
            self._lost = error
            raise RunStopped from None
