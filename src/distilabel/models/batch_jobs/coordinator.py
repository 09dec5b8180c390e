"""`JobCoordinator`: the jobs of a run; submits them once no request can be added any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from distilabel._core.events import Emit
from distilabel.models.batch_jobs.job_builder import JobBuilder
from distilabel.models.batch_jobs.job_poller import Activity, JobPoller
from distilabel.models.batch_jobs.job_store import JobStore, RecordStore
from distilabel.models.protocol import Model

# Rounds of the event loop that a run must stay idle. All that takes time is counted as activity;
# only between two pieces of work, as when a feed wakes up, is nothing counted for a few rounds.
IDLE_ROUNDS: Final = 50
# Requests whose rows wait in memory for jobs: two full jobs, somewhat more than a gigabyte.
MAX_HELD: Final = 100_000


class JobCoordinator:
    """Job builders of a run, by endpoint and model.

    Args:
        activity: Counts the running work of the run.
        store: Store of answers and jobs; None if nothing is stored.
        metadata: Texts stored with each job, for people.
        emit: Receives the events of jobs.
        on_left: Called when everything that remains is in jobs that are left to a later run.
    """

    def __init__(
        self,
        activity: Activity,
        store: RecordStore | None,
        *,
        metadata: Mapping[str, str],
        emit: Emit,
        on_left: Callable[[], None],
    ) -> None:
        self._activity = activity
        self._store = JobStore(store) if store is not None else None
        self._metadata = metadata
        self._emit = emit
        self._on_left = on_left
        self._builders: dict[str, JobBuilder] = {}
        self._check: asyncio.Handle | None = None
        self._wakes = 0

    def builder(self, llm: Model, *, reuse: bool) -> JobBuilder | None:
        """Returns the builder of jobs with requests to a model.

        Args:
            llm: The model, loaded.
            reuse: Whether to use jobs of earlier runs.

        Returns:
            The builder; None if the provider has no batch jobs, or nothing is stored, as then no
            job could be found again.
        """
        api = llm._batch_api()
        if api is None or self._store is None:
            return None
        interval = llm.offline_batch_generation_block_until_done
        name = f"{llm._endpoint_id()} {interval} {reuse}"
        builder = self._builders.get(name)
        if builder is None:
            poller = JobPoller(
                api,
                self._store,
                interval=interval,
                activity=self._activity,
                metadata=self._metadata,
                emit=self._emit,
            )
            builder = self._builders[name] = JobBuilder(
                api,
                self._store,
                poller,
                model=llm.model_name,
                reuse=reuse,
                activity=self._activity,
            )
        builder.serve(llm)
        return builder

    @property
    def is_full(self) -> bool:
        """Whether as many rows wait in memory for jobs as may."""
        return sum(builder.held for builder in self._builders.values()) >= MAX_HELD

    @property
    def has_pending(self) -> bool:
        """Whether any request waits for a job, in this run or for a later one."""
        return any(each.has_pending or each.has_left for each in self._builders.values())

    @property
    def is_active(self) -> bool:
        """Whether any job is being submitted, checked or collected right now."""
        return any(builder.is_active for builder in self._builders.values())

    def wake(self) -> None:
        """Checks whether the run is idle; called when running work ends."""
        self._wakes += 1
        if self._check is None and self._builders and self._activity.idle:
            self._check = asyncio.get_running_loop().call_soon(self._check_idle, self._changes, 0)

    @property
    def _changes(self) -> int:
        return self._wakes + sum(each.arrivals for each in self._builders.values())

    def _check_idle(self, changes: int, rounds: int) -> None:
        self._check = None
        if not self._activity.idle:
            # The end of that work wakes the coordinator again.
            return
        rounds = rounds + 1 if changes == self._changes else 0
        if rounds < IDLE_ROUNDS:
            loop = asyncio.get_running_loop()
            self._check = loop.call_soon(self._check_idle, self._changes, rounds)
            return
        builders = self._builders.values()
        if any(builder.has_drafts for builder in builders):
            for builder in builders:
                builder.proceed()
        elif not any(b.has_jobs for b in builders) and any(b.has_left for b in builders):
            self._on_left()

    def turn_away(self, error: BaseException) -> None:
        """Raises an error in all that waits for jobs."""
        for builder in self._builders.values():
            builder.turn_away(error)

    async def close(self) -> None:
        """Stops waiting for jobs; the jobs themselves go on."""
        if self._check is not None:
            self._check.cancel()
        for builder in self._builders.values():
            await builder.close()
