"""The gatherings of a run: sees when nothing can add a question any more, and lets the jobs go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from distilabel._core.events import Emit
from distilabel.models.batch_jobs.job_builder import JobBuilder
from distilabel.models.batch_jobs.job_poller import Busy, JobPoller
from distilabel.models.batch_jobs.job_store import JobStore, RecordStore

if TYPE_CHECKING:
    from distilabel.models.protocol import Model

# Nobody works and nothing comes for so long: then nothing will. A job takes minutes at least.
QUIET_SECONDS: Final = 0.25
# Questions whose rows wait in memory at a time: two full jobs, and somewhat more than a gigabyte.
MOST_HELD: Final = 100_000


class Activity(Busy, Protocol):
    """Whether anybody works."""

    @property
    def idle(self) -> bool:
        """Whether nobody does."""
        ...


class JobCoordinator:
    """The gatherings of a run, by endpoint and model.

    Args:
        busy: whether anybody works, and told when somebody does here.
        keeper: where answers and jobs are kept.
        about: kept beside the jobs, for people.
        emit: told what becomes of jobs.
        left: called when nothing goes on any more but jobs that are left to a later run.
    """

    def __init__(
        self,
        busy: Activity,
        keeper: RecordStore | None,
        *,
        about: Mapping[str, str],
        emit: Emit,
        left: Callable[[], None],
    ) -> None:
        self._busy = busy
        self._ledger = JobStore(keeper) if keeper is not None else None
        self._about = about
        self._emit = emit
        self._left = left
        self._gatherings: dict[str, JobBuilder] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stirred = 0

    def of(self, llm: Model, *, reuse: bool) -> JobBuilder | None:
        """The gathering that questions for this model wait in.

        Args:
            llm: the model, loaded.
            reuse: whether jobs of earlier runs are looked for.

        Returns:
            The gathering; None if the model's provider has no jobs, or nothing is kept: then a job
            could not be found again.
        """
        desk = llm._batch_api()
        if desk is None or self._ledger is None:
            return None
        interval = llm.offline_batch_generation_block_until_done
        name = f"{llm._endpoint_id()} {interval} {reuse}"
        gathering = self._gatherings.get(name)
        if gathering is None:
            watcher = JobPoller(
                desk,
                self._ledger,
                interval=interval,
                busy=self._busy,
                about=self._about,
                emit=self._emit,
            )
            gathering = self._gatherings[name] = JobBuilder(
                desk,
                self._ledger,
                watcher,
                model=llm.model_name,
                reuse=reuse,
                busy=self._busy,
            )
        gathering.serve(llm)
        return gathering

    @property
    def are_full(self) -> bool:
        """Whether as many rows wait in memory for jobs as may."""
        return sum(each.held for each in self._gatherings.values()) >= MOST_HELD

    @property
    def have_questions(self) -> bool:
        """Whether any question waits for a job, in this run or for the next one."""
        return any(each.has_questions or each.has_left for each in self._gatherings.values())

    @property
    def working(self) -> bool:
        """Whether a job is being submitted, looked at or collected."""
        return any(gathering.working for gathering in self._gatherings.values())

    def wake(self) -> None:
        """Somebody has stopped working; it may have been the last one."""
        self._stirred += 1
        if self._timer is None and self._gatherings and self._busy.idle:
            self._wait()

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(QUIET_SECONDS, self._look, self._moves)

    @property
    def _moves(self) -> int:
        return self._stirred + sum(each.arrivals for each in self._gatherings.values())

    def _look(self, moves: int) -> None:
        self._timer = None
        if not self._busy.idle:
            # Whoever works wakes us when they stop.
            return
        if moves != self._moves:
            self._wait()
            return
        gatherings = self._gatherings.values()
        if any(gathering.gathers for gathering in gatherings):
            for gathering in gatherings:
                gathering.go_on()
        elif not any(g.watches for g in gatherings) and any(g.has_left for g in gatherings):
            self._left()

    def turn_away(self, error: BaseException) -> None:
        """Tells everybody who waits that the answer will not come in this run."""
        for gathering in self._gatherings.values():
            gathering.turn_away(error)

    async def close(self) -> None:
        """Lets go of everything; jobs stay where they are."""
        if self._timer is not None:
            self._timer.cancel()
        for gathering in self._gatherings.values():
            await gathering.close()
