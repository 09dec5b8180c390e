"""A plain step with replicas at work: several batches at a time, each in a worker process."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from distilabel._engine.memo import Memo, Outcome
from distilabel._engine.per_batch import PerBatch
from distilabel._engine.shared import Shared
from distilabel._engine.sorter import Batch
from distilabel._engine.workers.pool import Pool, WorkersLost
from distilabel.errors import EndpointError
from distilabel.models.protocol import RunStopped
from distilabel.steps.base import Step


@dataclass(slots=True)
class _Begun:
    """A batch that was begun, and what has become of it."""

    batch: Batch
    outcome: Outcome | None = None


class Replicated(PerBatch):
    """A step that is handed batches in worker processes; batches go on in their order.

    Args:
        step: the step.
        shared: what the nodes of the run share.
        pool: its processes.
        size: rows in a batch.
        memo: remembers what the step made of a batch; None remembers nothing.
        reorders: as in `PerBatch`.
    """

    def __init__(
        self,
        step: Step,
        shared: Shared,
        pool: Pool,
        *,
        size: int,
        memo: Memo | None = None,
        reorders: bool = True,
    ) -> None:
        super().__init__(step, shared, size=size, memo=memo, reorders=reorders)
        self._pool = pool
        self._lost: WorkersLost | None = None
        self._begun: deque[_Begun] = deque()

    def _begin(self) -> None:
        # Twice as many as there are processes: whoever is done finds the next one waiting.
        while self._batches and len(self._begun) < 2 * self._pool.count:
            if self.shared.stopping:
                return
            begun = _Begun(self._batches.popleft())
            self._begun.append(begun)
            self._working = True
            self.shared.begin()
            self.shared.start(self._follow(begun))

    async def _follow(self, begun: _Begun) -> None:
        try:
            if begun.batch.rows:
                begun.outcome = await self._pool.threads.run(self._process, begun.batch)
            else:
                begun.outcome = Outcome([], [], None)
            # What comes after must not close rows that are still on their way.
            while self._begun and self._begun[0].outcome is not None:
                first = self._begun.popleft()
                assert first.outcome is not None
                self._give(first.batch, first.outcome)
            self._working = bool(self._begun)
            self._begin()
        except RunStopped:
            if self._lost is not None:
                self.shared.fail(self._lost)
            return
        except EndpointError as error:
            error.step = error.step or self.name
            self.shared.fail(error)
            return
        finally:
            self.shared.end()
        self._finish_if_done()

    # -- in a thread ------------------------------------------------------------------------

    def _run(self, rows: list[Any]) -> Outcome:
        try:
            made, places, remembers = self._pool.run(rows)
            return Outcome(made, places, None, remembers)
        except WorkersLost as error:
            # The rows have not failed: they are left for the next run.
            self._lost = error
            raise RunStopped from None
