"""What the operators of one run share: settings, state, store, threads and running work."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Final, Protocol, TypeVar

from distilabel._core.daemon_threads import DaemonThreads
from distilabel._core.events import Emit
from distilabel._core.user_faults import name_and_text
from distilabel._engine.operators.activity import Activity
from distilabel._engine.run_config import RunConfig
from distilabel._engine.run_state import RunState
from distilabel._engine.storage.answer_store import Store
from distilabel.models.accounting.budget import Budget
from distilabel.models.batch_jobs.coordinator import JobCoordinator
from distilabel.models.batch_jobs.pending import Work
from distilabel.models.protocol import RunStopped
from distilabel.models.rate_limit.registry import EndpointLimiters

_T = TypeVar("_T")

_log = logging.getLogger("distilabel.pipeline")

# Operators that call each other in a row: each takes several frames of the interpreter's stack.
_MOST_NESTED: Final = 32


class Wakeable(Protocol):
    """Waits until there is room for rows, or until nothing is running."""

    def wake(self) -> None:
        """Checks again whether to go on."""


class Closable(Protocol):
    """Holds something that must be released at the end of a run."""

    async def close(self) -> None:
        """Releases it; safe to call more than once."""


class RunContext:
    """One run, as its operators see it.

    Args:
        config: Settings of the run.
        state: State of the run.
        emit: Receives every event.
        store: The answer store; None stores nothing.
        window: Maximum number of source rows in flight.
        name: Name of the pipeline.
        source_columns: Columns in which a None comes from the data, never from a failed step.

    Attributes:
        variables: Context variables of the caller; each piece of work gets a copy.
        activity: Counts the work that is running.
        limiters: Rate limiters by endpoint.
        batch_jobs: Coordinates the batch jobs of the run.
        threads: Runs synchronous code of steps.
        waiting: What `wake` wakes.
        spill_files: Files of rows to remove at the end of the run.
        closing: Functions to call at the end of the run.
        budget: Budget of the run; None sets no limit.
        open_sinks: Number of leaf steps that rows may still reach.
        failed_steps: Names of the steps that failed on rows.
    """

    def __init__(
        self,
        config: RunConfig,
        state: RunState,
        *,
        emit: Emit,
        store: Store | None,
        window: int,
        name: str = "",
        source_columns: frozenset[str] = frozenset(),
    ) -> None:
        self.config = config
        self.state = state
        self.emit = emit
        self.store = store
        self.window = window
        self.source_columns = source_columns
        self.loop = asyncio.get_running_loop()
        self.variables = copy_context()
        self.limiters = EndpointLimiters(emit)
        self.activity = Activity(self.wake)
        self.batch_jobs = JobCoordinator(
            self.activity,
            store,
            metadata={"distilabel_pipeline_name": name} if name else {},
            emit=emit,
            on_left=self.drain,
        )
        self.threads = DaemonThreads(64)
        self.waiting: list[Wakeable] = [self.batch_jobs]
        self.spill_files: list[Closable] = []
        self.closing: list[Callable[[], None]] = []
        self.budget: Budget | None = None
        self.open_sinks = 0
        self.failed_steps: set[str] = set()
        self._nested = 0
        self._deferred: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        # Set when an operator has finished or the phase has changed.
        self._progress = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_canceling = False
        # Tasks that send rows which are done.
        self._gathering: set[asyncio.Task[None]] = set()

    # -- work that is running ---------------------------------------------------------------

    def wake(self) -> None:
        """Has everything that waits check again whether to go on."""
        for waiting in self.waiting:
            waiting.wake()

    def work(self) -> Work:
        """Returns work that is not counted as running while it waits for a batch job."""
        return Work(self.activity.end, self.activity.begin)

    def start(self, coroutine: Any, step: str) -> None:
        """Runs a coroutine as a task; the end of the run cancels it.

        Args:
            coroutine: The coroutine; if it raises an exception or is canceled, the run fails.
            step: Name of the step that it works for.
        """
        self._task(coroutine, step)

    def start_work(self, coroutine: Any, step: str) -> None:
        """Runs a coroutine as `start` does, and counts it as running until its task is done.

        It counts before its first step, and no longer even if it is canceled before that.

        Args:
            coroutine: The coroutine; if it raises an exception or is canceled, the run fails.
            step: Name of the step that it works for.
        """
        self.activity.begin()
        self._task(coroutine, step).add_done_callback(self._work_done)

    def gather(self, coroutine: Any, step: str) -> None:
        """Runs a coroutine as `start_work` does; a run that drains waits for it.

        Args:
            coroutine: The coroutine, which sends rows that are done.
            step: Name of the step that it works for.
        """
        self.activity.begin()
        task = self._task(coroutine, step)
        self._gathering.add(task)
        task.add_done_callback(self._gathering.discard)
        task.add_done_callback(self._work_done)

    def _task(self, coroutine: Any, step: str) -> asyncio.Task[None]:
        # Variables that code of one row sets are not those of the next row.
        variables = self.variables.copy()
        task = self.loop.create_task(coroutine, name=step, context=variables)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _work_done(self, task: asyncio.Task[None]) -> None:
        self.activity.end()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            if not self._is_canceling:
                self.fail(
                    RuntimeError(
                        f"{task.get_name()}: code that it called raised CancelledError or canceled "
                        "tasks that it did not start. Answers received so far are stored: fix the "
                        "code and run again."
                    )
                )
            return
        error = task.exception()
        if error is None:
            return
        if not isinstance(error, Exception):
            what = name_and_text(error)
            _log.error("%s: its code raised %s, which ends the run", task.get_name(), what)
        self.fail(error)

    def deliver(self, receive: Callable[..., None], *args: Any) -> None:
        """Calls an operator that receives something; later, if the calls are nested too deep.

        Everything arrives in the order in which it was sent.

        Args:
            receive: Method of the operator.
            args: Its arguments.
        """
        if self._deferred or self._nested >= _MOST_NESTED:
            self._deferred.append((receive, args))
        else:
            self._receive(receive, args)
        while self._deferred and not self._nested:
            self._receive(*self._deferred.popleft())

    def _receive(self, receive: Callable[..., None], args: tuple[Any, ...]) -> None:
        self._nested += 1
        try:
            receive(*args)
        finally:
            self._nested -= 1

    async def in_thread(self, function: Callable[..., _T], *args: Any) -> _T:
        """Runs a synchronous function in a thread and waits for it.

        Args:
            function: The function.
            args: Its arguments.

        Returns:
            Its result.
        """
        return await self.threads.run(function, *args)

    # -- the end of the run -----------------------------------------------------------------

    @property
    def stopping(self) -> bool:
        """Whether nothing new may start."""
        return not self.state.is_running

    def operator_finished(self) -> None:
        """Reports that an operator has emitted its last row."""
        self._progress.set()

    def sink_finished(self) -> None:
        """Reports that a leaf step has all its rows; the last one ends the run."""
        self.open_sinks -= 1
        if self.open_sinks == 0:
            self.drain()

    def fail(self, error: BaseException) -> None:
        """Ends the run because of an error; the first one counts.

        Args:
            error: The error; the run raises it.
        """
        self.drain(error)

    def drain(self, error: BaseException | None = None) -> None:
        """Starts nothing new and turns away rows that wait; what is in flight goes on.

        Args:
            error: What made the run fail; None if nothing did.
        """
        if not self.state.drain(error):
            return
        self.limiters.turn_away(RunStopped())
        self.batch_jobs.turn_away(RunStopped())
        self.wake()
        self._progress.set()

    async def wait_until_draining(self, done: Callable[[], bool] = lambda: False) -> None:
        """Waits until the run drains, or a condition holds.

        Args:
            done: The condition; checked whenever an operator has finished.
        """
        while self.state.is_running and not done():
            self._progress.clear()
            await self._progress.wait()

    async def settle(self, seconds: float | None = None) -> None:
        """Waits for the requests in flight, then cancels everything else.

        Args:
            seconds: How long to wait at most; None waits as long as it takes.
        """
        until = self.loop.time() + seconds if seconds is not None else None
        while any(limiter.in_flight for limiter in self.limiters) or self.batch_jobs.is_active:
            await asyncio.sleep(0.01)
            if until is not None and self.loop.time() > until:
                break
        await asyncio.sleep(0)
        while self._gathering:
            await asyncio.wait(self._gathering)
        await self.cancel()

    async def close(self) -> None:
        """Cancels everything that is not finished, removes spill files and ends the threads."""
        await self.cancel()
        for file in self.spill_files:
            await file.close()
        for close in self.closing:
            close()
        self.threads.close()

    async def cancel(self) -> None:
        """Cancels everything that is not finished."""
        self._is_canceling = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.batch_jobs.close()
