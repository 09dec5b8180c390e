"""What the nodes of one run share: the loop, the threads, the store, and whether it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from distilabel._core.daemon_threads import DaemonThreads
from distilabel._core.events import Emit
from distilabel._engine.storage.answer_store import Store
from distilabel.models.accounting.budget import Budget
from distilabel.models.batch_jobs.coordinator import JobCoordinator
from distilabel.models.batch_jobs.work import Work
from distilabel.models.protocol import RunStopped
from distilabel.models.rate_limit.limiter import EndpointLimiters
from distilabel.typing.steps import OnError

_T = TypeVar("_T")


class Wakeable(Protocol):
    """Somebody who waits for room or for work to run out."""

    def wake(self) -> None:
        """Look again."""


class Closable(Protocol):
    """Somebody who has to tidy up at the end of a run."""

    async def close(self) -> None:
        """Tidies up; more than once does no harm."""


class RunContext:
    """One run, as its nodes see it.

    Args:
        emit: told of everything that happens.
        store: where answers and outputs are kept; None keeps nothing.
        reuse: whether what is kept is used.
        window: most source rows on their way at a time.
        on_error: what becomes of rows that a step fails on, if the step does not say.
        name: of the pipeline.
        target: rows that every leaf is to have; None: all that come.
    """

    def __init__(
        self,
        *,
        emit: Emit,
        store: Store | None,
        reuse: bool,
        window: int,
        on_error: OnError = "null",
        name: str = "",
        target: int | None = None,
    ) -> None:
        self.emit = emit
        self.store = store
        self.reuse = reuse
        self.window = window
        self.on_error: OnError = on_error
        self.target = target
        self.loop = asyncio.get_running_loop()
        self.limiters = EndpointLimiters(emit)
        self.gatherings = JobCoordinator(
            self,
            store,
            about={"distilabel_pipeline_name": name} if name else {},
            emit=emit,
            left=self._leave,
        )
        self.threads = DaemonThreads(64)
        self.waiting: list[Wakeable] = [self.gatherings]
        self.spools: list[Closable] = []
        self.stopping = False
        # A node has no more rows, or the run is over.
        self.progress = asyncio.Event()
        self.finished = asyncio.Event()
        self.failure: BaseException | None = None
        self.budget: Budget | None = None
        self.leaves = 0
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> bool:
        """Whether nobody works: then whoever holds rows back must let some go."""
        return self._busy == 0

    def begin(self) -> None:
        """Somebody starts to work."""
        self._busy += 1

    def end(self) -> None:
        """Somebody has finished working."""
        self._busy -= 1
        if self._busy == 0:
            self.wake()

    def wake(self) -> None:
        """Whoever waits may look again."""
        for waiting in self.waiting:
            waiting.wake()

    def work(self) -> Work:
        """Work that may rest: who does it begins and ends as ever."""
        return Work(self.end, self.begin)

    def start(self, coroutine: Any) -> None:
        """Runs a coroutine until the end of the run."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.fail(task.exception())

    def leaf_ended(self) -> None:
        """A leaf has all its rows."""
        self.leaves -= 1
        if self.leaves == 0:
            self.finish()

    def finish(self) -> None:
        """The run is over: every row has reached its end, or it is stopped."""
        self.finished.set()
        self.progress.set()

    def fail(self, error: BaseException | None) -> None:
        """Ends the run because of an error; the first one counts."""
        if self.failure is None:
            self.failure = error
        self.stopping = True
        self.finish()

    def _leave(self) -> None:
        """What is not finished waits for jobs that a later run will look at."""
        self.stopping = True
        self.finish()

    async def in_thread(self, function: Callable[..., _T], *args: Any) -> _T:
        """Runs a synchronous function in a thread and waits for it."""
        return await self.threads.run(function, *args)

    def stop_asking(self) -> None:
        """Nothing new is asked any more; what is in flight goes on."""
        self.stopping = True
        self.limiters.turn_away(RunStopped())
        self.gatherings.turn_away(RunStopped())
        self.wake()

    async def settle(self, seconds: float | None = None) -> None:
        """After a stop: waits for what is in flight, then lets go of everything else.

        Args:
            seconds: to wait at most; None waits as long as it takes.
        """
        until = self.loop.time() + seconds if seconds is not None else None
        while any(limiter.in_flight for limiter in self.limiters) or self.gatherings.working:
            await asyncio.sleep(0.01)
            if until is not None and self.loop.time() > until:
                break
        await asyncio.sleep(0)
        await self.cancel()

    async def cancel(self) -> None:
        """Lets go of everything that is not finished."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.gatherings.close()
