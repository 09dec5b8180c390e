"""Runs a plan from loading the first step to writing the last row.

The run has an event loop in a thread of its own, and the caller's thread waits for it. So a run is
the same in a script, in a notebook and under a running event loop; Ctrl-C reaches the caller's
thread, which passes it on.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from typing import Final

from distilabel._core.daemon_threads import DaemonExecutor
from distilabel._core.events import Emit, RunFinished, RunStarted, RunStopping
from distilabel._core.user_faults import ProgramExit
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.reporting.report import BUDGET
from distilabel._engine.run.garbage_collection import fewer_collections
from distilabel._engine.run.idle_import import import_when_idle
from distilabel._engine.run.interrupts import Interrupts
from distilabel._engine.run.loop_watch import loop_watched
from distilabel._engine.run.operator_graph import OperatorGraph
from distilabel._engine.run.plan import Plan
from distilabel._engine.run.setup import check_prices, source_window
from distilabel._engine.run.step_loader import StepLoader
from distilabel._engine.run_state import RunState
from distilabel._engine.storage.answer_store import Store
from distilabel.errors import DistilabelError, ModelError, StoreError
from distilabel.models.accounting.budget import Budget
from distilabel.models.http import transport

# The reason of a run that the user interrupts.
CTRL_C: Final = "Ctrl-C"

# Seconds after which a Ctrl-C is noticed at the latest.
_LISTEN_EVERY: Final = 0.2
# Seconds that requests in flight get to finish after a failure.
_FAILED_SECONDS: Final = 60.0
# Seconds that a run gets to end after the second Ctrl-C.
_CANCEL_SECONDS: Final = 10.0

_log = logging.getLogger("distilabel.pipeline")


class Runner:
    """Runs a plan once.

    Args:
        plan: What to run.
        emit: Receives every event.
    """

    def __init__(self, plan: Plan, emit: Emit) -> None:
        self._plan = plan
        self._emit = emit
        self._state = RunState()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._loader: StepLoader | None = None
        self._context: RunContext | None = None

    # -- in the caller's thread -------------------------------------------------------------

    def run_until_finished(self) -> None:
        """Runs until all rows are processed, or the run is interrupted.

        On the first Ctrl-C no new request is sent; the requests in flight finish, their answers are
        stored, and this returns. On the second Ctrl-C the run stops at once.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed twice.
            Exception: What made the run fail.
        """
        run = partial(_caller_variables().run, self._run_in_thread)
        thread = threading.Thread(target=run, name="distilabel-run", daemon=True)
        interrupts = Interrupts()
        thread.start()
        try:
            with interrupts:
                try:
                    self._wait(interrupts)
                except KeyboardInterrupt:
                    self._interrupt()
                    self._wait(interrupts)
        except KeyboardInterrupt:
            self._cancel()
            self._state.wait_until_stopped(_CANCEL_SECONDS)
            raise
        thread.join()
        failure = self._state.failure
        if isinstance(failure, (ModelError, DistilabelError)):
            # The message is complete; a traceback of the engine adds nothing.
            raise failure.with_traceback(None)
        if failure is not None:
            raise failure

    def _wait(self, interrupts: Interrupts) -> None:
        # A Ctrl-C just before a wait begins does not end the wait, nor does one that another thread
        # receives: it is raised when the wait is over. So waits are short.
        while not self._state.wait_until_stopped(_LISTEN_EVERY):
            interrupts.check()

    def _interrupt(self) -> None:
        self._state.interrupt(CTRL_C)
        _log.warning(
            "Stopping: requests in flight finish and their answers are stored. "
            "Press Ctrl-C again to stop now."
        )
        self._call_on_loop(self._drain_after_ctrl_c)

    def _cancel(self) -> None:
        if self._loader is not None:
            self._loader.kill()
        self._call_on_loop(self._cancel_main)

    def _call_on_loop(self, function: Callable[[], None]) -> None:
        if self._loop is not None:
            # The run may end, and close its loop, at any moment.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(function)

    # -- in the thread of the run -----------------------------------------------------------

    def _run_in_thread(self) -> None:
        error: BaseException | None = None
        try:
            with fewer_collections():
                asyncio.run(self._run())
        except asyncio.CancelledError as caught:
            if not self._state.is_interrupted:
                error = RuntimeError(
                    "The run was canceled from within: code of a step or a model canceled all "
                    "tasks of the event loop. Answers received so far are stored."
                )
                error.__cause__ = caught
        except ProgramExit as caught:
            error = caught.error
        except BaseException as caught:  # noqa: BLE001 (raised in the caller's thread)
            error = caught
        finally:
            self._state.stop(error)

    async def _run(self) -> None:
        self._main = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        # The end of the program would wait for the threads of the default executor.
        self._loop.set_default_executor(DaemonExecutor())
        started = time.monotonic()
        plan = self._plan
        store: Store | None = None
        error = ""
        try:
            kinds = {name: type(step).__name__ for name, step in plan.steps.items()}
            self._emit(RunStarted(plan.name, kinds, plan.leaves, plan.config.budget))
            store = Store(plan.store) if plan.store is not None else None
            await self._run_loaded(store)
        except BaseException as caught:
            error = str(caught)
            raise
        finally:
            if store is not None:
                await asyncio.to_thread(store.close)
            await transport.close()
            seconds = time.monotonic() - started
            self._emit(RunFinished(seconds, self._state.is_interrupted, error))

    async def _run_loaded(self, store: Store | None) -> None:
        """Loads the first stage, runs all of them, and releases what was opened on the way."""
        plan = self._plan
        self._loader = loader = StepLoader(plan, self._emit)
        try:
            await loader.load(plan.stages[0])
            context = RunContext(
                plan.config,
                self._state,
                emit=self._emit,
                store=store,
                window=source_window(plan.steps),
                name=plan.name,
                source_columns=plan.source_columns,
            )
            try:
                with loop_watched():
                    await self._run_stages(context, loader)
            finally:
                await context.close()
        finally:
            await loader.close()

    async def _run_stages(self, context: RunContext, loader: StepLoader) -> None:
        plan = self._plan
        if plan.config.budget is not None:
            await context.in_thread(check_prices, plan.steps)
            context.budget = Budget(plan.config.budget, partial(self._drain_early, BUDGET))
        graph = OperatorGraph(plan, context, loader.pools)
        self._context = context
        if self._state.is_interrupted:
            # Ctrl-C was pressed before there was a loop to pass it on to.
            return
        graph.start(plan.stages[0])
        import_when_idle(self._state)
        for before, stage in itertools.pairwise(plan.stages):
            await graph.wait_for(before)
            if context.stopping:
                break
            # Stages are for steps that do not fit in memory together.
            await loader.change(stage)
            graph.start(stage)
        await context.wait_until_draining()
        await self._drain(context, graph)

    async def _drain(self, context: RunContext, graph: OperatorGraph) -> None:
        """Waits for what is in flight, then writes the rows that are left or raises the failure."""
        failure = self._state.failure
        if failure is None:
            await context.settle()
            await graph.finish()
            return
        if not isinstance(failure, StoreError):
            # Requests in flight are paid for, also those to other endpoints than the one that
            # failed: their answers are stored.
            await context.settle(_FAILED_SECONDS)
        raise failure

    # -- ending early, on the loop ----------------------------------------------------------

    def _drain_after_ctrl_c(self) -> None:
        if self._context is None:
            # Steps are being loaded; nothing is in flight.
            self._cancel_main()
        else:
            self._drain_early(CTRL_C)

    def _drain_early(self, reason: str) -> None:
        assert self._context is not None
        self._state.interrupt(reason)
        self._emit(RunStopping(reason))
        self._context.drain()

    def _cancel_main(self) -> None:
        assert self._main is not None
        self._main.cancel()


def _caller_variables() -> Context:
    """Returns the context variables of the caller, without those of distilabel itself.

    A step may run another pipeline: its rows are not rows of this one.
    """
    variables = Context()
    for variable, value in copy_context().items():
        if not variable.name.startswith("distilabel_"):
            variables.run(variable.set, value)
    return variables
