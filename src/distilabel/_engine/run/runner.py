"""One run, from loading the steps to the last row, on an event loop in a thread of its own.

The caller's thread waits. So a run is the same in a script, in a notebook and under a running loop,
and Ctrl-C reaches the caller's thread, which tells the run.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from functools import partial
from typing import Any

from distilabel._core.daemon_threads import DaemonExecutor, DaemonThreads
from distilabel._core.events import Emit, RunFinished, RunStarted, RunStopping, StepLoaded
from distilabel._engine.calling.timed import TimedCall
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.reporting.report import BUDGET
from distilabel._engine.run.collecting import fewer_collections
from distilabel._engine.run.operator_graph import OperatorGraph
from distilabel._engine.run.plan import Plan
from distilabel._engine.run.pools import pools_of
from distilabel._engine.run.setup import check_prices
from distilabel._engine.storage.answer_store import Store
from distilabel._engine.workers.model_workers import (
    in_process_model,
    load_with_workers,
    unload_with_workers,
)
from distilabel._engine.workers.pool import Pool
from distilabel.constants import STEPS_ARTIFACTS_PATH
from distilabel.errors import DistilabelError, ModelError, StoreError
from distilabel.models.accounting.budget import Budget
from distilabel.models.http import transport
from distilabel.steps.base import _Step

_log = logging.getLogger("distilabel.pipeline")

# Source rows on their way at a time: enough to keep every model busy, few enough to fit in memory.
_WINDOW = 1024
_UNBOUNDED_MODEL = 512
# Share of its time that the process works at most, to be called idle.
_IDLE = 0.5
# Seconds between looks whether it is; in the first ones an endpoint is asked slowly.
_LOOK_EVERY = 0.4
# Seconds after which a Ctrl-C is heard at the latest.
_LISTEN_EVERY = 0.2
# After a failure, answers on their way are waited for so long.
_FAILED_SECONDS = 60.0


class Runner:
    """Runs a plan.

    Args:
        plan: what to run.
        emit: told of everything that happens.
    """

    def __init__(self, plan: Plan, emit: Emit) -> None:
        self._plan = plan
        self._emit = emit
        self._context: RunContext | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._over = threading.Event()
        self._error: BaseException | None = None
        # Loading may hang; so may unloading.
        self._threads = DaemonThreads(4)
        self._pools: dict[str, Pool] = {}
        self.interrupted = False

    def to_the_end(self) -> None:
        """Runs until every row has reached its end, or the user stops it.

        On the first Ctrl-C no more rows are begun and what is in flight is finished and kept; then
        this returns. On the second it stops at once.

        Raises:
            KeyboardInterrupt: stopped at once.
            Exception: what made the run end.
        """
        thread = threading.Thread(target=self._in_thread, name="distilabel-run", daemon=True)
        thread.start()
        try:
            try:
                self._wait()
            except KeyboardInterrupt:
                self.interrupted = True
                self._stop_soon()
                self._wait()
        except KeyboardInterrupt:
            self._stop_now()
            self._over.wait(10)
            raise
        thread.join()
        if isinstance(self._error, (ModelError, DistilabelError)):
            # Says all there is to say: where in the engine it came up helps nobody.
            raise self._error.with_traceback(None)
        if self._error is not None:
            raise self._error

    def _wait(self) -> None:
        # A Ctrl-C that comes just before a wait begins does not end it, nor does one that another
        # thread is given: it is heard when the wait is over. So waits are short.
        while not self._over.wait(_LISTEN_EVERY):
            pass

    def _in_thread(self) -> None:
        try:
            with fewer_collections():
                asyncio.run(self._whole())
        except BaseException as error:  # noqa: BLE001 (handed to the thread that waits)
            if not (self.interrupted and isinstance(error, asyncio.CancelledError)):
                self._error = error
        finally:
            self._over.set()

    # -- stopping ---------------------------------------------------------------------------

    def _stop_soon(self) -> None:
        _log.warning(
            "Stopping: questions in flight are finished and kept. Press Ctrl-C again to stop now."
        )
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop_beginning)

    def _stop_beginning(self) -> None:
        if self._context is None:
            if self._main is not None:
                self._main.cancel()
            return
        self._stop_because("Ctrl-C")

    def _stop_because(self, reason: str) -> None:
        assert self._context is not None
        self.interrupted = True
        self._emit(RunStopping(reason))
        self._context.stop_asking()
        self._context.finish()

    def _stop_now(self) -> None:
        for pool in list(self._pools.values()):
            pool.kill()
        if self._loop is not None and self._main is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._main.cancel)

    # -- on the loop ------------------------------------------------------------------------

    async def _whole(self) -> None:
        self._loop = asyncio.get_running_loop()
        # That of the standard library is waited for at the end of the program.
        self._loop.set_default_executor(DaemonExecutor())
        self._main = asyncio.current_task()
        begun = time.monotonic()
        plan = self._plan
        store: Store | None = None
        error: BaseException | None = None
        try:
            kinds = {name: type(s).__name__ for name, s in plan.steps.items()}
            self._emit(RunStarted(plan.name, kinds, plan.leaves, plan.budget))
            store = Store(plan.store) if plan.store is not None else None
            await self._loaded(store)
        except BaseException as caught:
            error = caught
            raise
        finally:
            if store is not None:
                await asyncio.to_thread(store.close)
            await transport.close()
            self._threads.close()
            self._emit(
                RunFinished(time.monotonic() - begun, self.interrupted, str(error) if error else "")
            )

    async def _loaded(self, store: Store | None) -> None:
        loaded: list[_Step] = []
        try:
            self._pools = pools_of(self._plan)
            await self._load_all(self._plan.stages[0], loaded)
            await self._worked(store, loaded)
        finally:
            await self._unload_all(loaded)
            # Also those of a step that could not be loaded.
            for pool in self._pools.values():
                await self._threads.run(pool.close)

    async def _load_all(self, stage: list[str], loaded: list[_Step]) -> None:
        if len(self._plan.stages) > 1:
            number = self._plan.stages.index(stage) + 1
            _log.info("stage %d of %d: %s", number, len(self._plan.stages), ", ".join(stage))
        for name in stage:
            step = self._plan.steps[name]
            await self._load(step)
            loaded.append(step)

    async def _unload_all(self, loaded: list[_Step]) -> None:
        while loaded:
            await self._unload(loaded.pop(0))

    async def _load(self, step: _Step) -> None:
        begun = time.monotonic()
        step.set_pipeline_artifacts_path(self._plan.data / STEPS_ARTIFACTS_PATH)
        pool = self._pools.get(str(step.name))
        try:
            load = step.load
            if pool is not None:
                load = (
                    pool.start
                    if in_process_model(step) is None
                    else partial(load_with_workers, pool, step)
                )
            if step.load_timeout is None:
                await self._threads.run(load)
            else:
                await TimedCall(step.load_timeout, f"`load` of {step.name}").run(load)
        except Exception as error:
            beginning = f"The step {step.name!r} could not be loaded"
            if isinstance(error, DistilabelError):
                # It says all there is to say; where it was raised helps nobody who reads it.
                raise RuntimeError(f"{beginning}: {error}") from None
            raise RuntimeError(f"{beginning}: {type(error).__name__}: {error}") from error
        self._emit(StepLoaded(str(step.name), time.monotonic() - begun))

    def _warm_up(self, then: float, worked: float) -> None:
        """Imports what only the end of a run needs, while the processor has nothing else to do.

        Args:
            then: when it was last looked whether it has.
            worked: the processor time the process had taken until then.
        """
        assert self._context is not None
        if self._context.finished.is_set():
            return
        now, work = time.monotonic(), time.process_time()
        # Beside rows that keep the processor busy, the import would only take turns with them.
        if work - worked < _IDLE * (now - then):
            threading.Thread(
                target=_load_for_the_end, name="distilabel-warm-up", daemon=True
            ).start()
        else:
            asyncio.get_running_loop().call_later(_LOOK_EVERY, self._warm_up, now, work)

    async def _unload(self, step: _Step) -> None:
        """Unloads a step; the rows are made, or the run has failed for a better reason."""
        pool = self._pools.get(str(step.name))
        try:
            unload = step.unload
            if pool is not None:
                unload = (
                    pool.close
                    if in_process_model(step) is None
                    else partial(unload_with_workers, pool, step)
                )
            await self._threads.run(unload)
        except Exception as error:  # noqa: BLE001 (whatever a step of the user's raises)
            _log.warning("%s could not be unloaded: %s: %s", step.name, type(error).__name__, error)

    async def _worked(self, store: Store | None, loaded: list[_Step]) -> None:
        plan = self._plan
        context = RunContext(
            emit=self._emit,
            store=store,
            reuse=plan.reuse,
            window=_window(plan.steps),
            on_error=plan.on_error,
            name=plan.name,
            target=plan.target,
        )
        try:
            if plan.budget is not None:
                await context.in_thread(check_prices, plan.steps)
                context.budget = Budget(plan.budget, lambda: self._stop_because(BUDGET))
            graph = OperatorGraph(plan, context, self._pools)
            self._context = context
            if self.interrupted:
                return
            graph.open(plan.stages[0])
            self._warm_up(time.monotonic(), time.process_time())
            for before, stage in itertools.pairwise(plan.stages):
                await graph.over(before)
                if context.finished.is_set():
                    break
                # Two stages together may not fit into memory: that is what they are for.
                await self._unload_all(loaded)
                await self._load_all(stage, loaded)
                graph.open(stage)
            await context.finished.wait()
            if context.failure is not None:
                if not isinstance(context.failure, StoreError):
                    # Answers that are on their way are paid for: they are waited for and kept, also
                    # those of one endpoint when another can not be asked.
                    context.stop_asking()
                    await context.settle(_FAILED_SECONDS)
                raise context.failure
            if plan.target is not None:
                # Sources may go on for ever; what they have asked so far is paid for, and kept.
                context.stop_asking()
            await context.settle()
            for leaf in graph.leaves.values():
                leaf.tell()
                await context.in_thread(leaf.output.finish)
        finally:
            await context.cancel()
            for spool in context.spools:
                await spool.close()
            context.threads.close()


def _load_for_the_end() -> None:
    import datasets  # noqa: F401
    import pyarrow.parquet  # noqa: F401


def _window(steps: dict[str, _Step]) -> int:
    """Source rows to have on their way: models and batches must not starve each other."""
    models = 0
    largest = 0
    for step in steps.values():
        llm: Any = getattr(step, "llm", None)
        if llm is not None:
            models += getattr(llm, "max_concurrency", None) or _UNBOUNDED_MODEL
        size = getattr(step, "input_batch_size", None) or getattr(step, "batch_size", None) or 0
        largest = max(largest, size)
    return max(_WINDOW, 2 * models, 4 * largest)
