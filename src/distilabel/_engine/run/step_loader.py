"""Loads and unloads the steps of a run, in this process or in workers."""

from __future__ import annotations

import asyncio
import logging
import time
from contextvars import copy_context
from functools import partial

from distilabel._core.daemon_threads import DaemonThreads
from distilabel._core.events import Emit, StepLoaded
from distilabel._core.user_faults import name_and_text
from distilabel._engine.calling.step_call import TimedCall
from distilabel._engine.run.plan import Plan
from distilabel._engine.run.setup import plan_pools
from distilabel._engine.workers.model_workers import (
    in_process_model,
    load_with_workers,
    unload_with_workers,
)
from distilabel.constants import STEPS_ARTIFACTS_PATH
from distilabel.errors import DistilabelError
from distilabel.models.client.lifecycle import is_loaded_for, keep_for, unload_for
from distilabel.steps.base import _Step

_log = logging.getLogger("distilabel.pipeline")


class StepLoader:
    """Loads the steps of a run, one stage at a time.

    Args:
        plan: Plan of the run.
        emit: Receives every event.

    Attributes:
        pools: Step name → the pool of its worker processes, for the steps that have some.
    """

    def __init__(self, plan: Plan, emit: Emit) -> None:
        self.pools = plan_pools(plan)
        self._plan = plan
        self._emit = emit
        self._loaded: list[_Step] = []
        # `load` may hang, and so may `unload`.
        self._threads = DaemonThreads(4)

    async def load(self, stage: list[str]) -> None:
        """Loads the steps of a stage, one after the other.

        Args:
            stage: Names of the steps.

        Raises:
            RuntimeError: A step could not be loaded.
        """
        if len(self._plan.stages) > 1:
            number = self._plan.stages.index(stage) + 1
            _log.info("stage %d of %d: %s", number, len(self._plan.stages), ", ".join(stage))
        for name in stage:
            step = self._plan.steps[name]
            await self._load(step)
            self._loaded.append(step)

    async def unload(self) -> None:
        """Unloads the steps that are loaded; logs what they raise."""
        while self._loaded:
            await self._unload(self._loaded.pop(0))

    async def change(self, stage: list[str]) -> None:
        """Unloads the steps that are loaded and loads those of the next stage.

        A model that steps of both use stays loaded.

        Args:
            stage: Names of the steps to load.
        """
        models = [llm for name in stage for llm in self._plan.steps[name]._all_models()]
        kept = [llm for llm in models if keep_for(self, llm)]
        try:
            await self.unload()
            await self.load(stage)
        finally:
            for llm in kept:
                await self._threads.run(unload_for, self, llm)

    async def close(self) -> None:
        """Unloads the steps and ends all workers."""
        try:
            await self.unload()
            # Also the workers of a step that could not be loaded.
            for pool in self.pools.values():
                await self._threads.run(pool.close)
        finally:
            self._threads.close()

    def kill(self) -> None:
        """Ends all workers at once, from any thread, without waiting for them."""
        for pool in list(self.pools.values()):
            pool.kill()

    async def _load(self, step: _Step) -> None:
        started = time.monotonic()
        step.set_pipeline_artifacts_path(self._plan.data / STEPS_ARTIFACTS_PATH)
        pool = self.pools.get(str(step.name))
        try:
            load = step.load
            if pool is not None and in_process_model(step) is None:
                load = pool.start
            elif pool is not None:
                load = partial(load_with_workers, pool, step)
            if step.load_timeout is None:
                await self._threads.run(copy_context().run, load)
            else:
                timed = TimedCall(step.load_timeout, f"`load` of {step.name}")
                await timed.run(copy_context().run, load)
        except asyncio.CancelledError:
            _cancel_loads(step)
            raise
        except Exception as error:
            _cancel_loads(step)
            await self._release_models(step)
            subject = f"The step {step.name!r} could not be loaded"
            if isinstance(error, DistilabelError):
                # The message is complete; a traceback of the engine adds nothing.
                raise RuntimeError(f"{subject}: {error}") from None
            raise RuntimeError(f"{subject}: {name_and_text(error)}") from error
        except BaseException as error:
            _cancel_loads(step)
            _log.error(
                "%s: its code raised %s, which ends the run", step.name, name_and_text(error)
            )
            raise
        self._emit(StepLoaded(str(step.name), time.monotonic() - started))

    async def _release_models(self, step: _Step) -> None:
        """Unloads the models of a step whose own code failed after they were loaded."""
        for model in map(step._asked, step._all_models()):
            if step.load_timeout is None and is_loaded_for(step, model):
                try:
                    await self._threads.run(unload_for, step, model)
                except Exception as error:  # noqa: BLE001 (the run fails already)
                    _log.warning(
                        "The model of %s could not be unloaded: %s: %s",
                        step.name,
                        type(error).__name__,
                        error,
                    )

    async def _unload(self, step: _Step) -> None:
        pool = self.pools.get(str(step.name))
        try:
            unload = step.unload
            if pool is not None and in_process_model(step) is None:
                unload = pool.close
            elif pool is not None:
                unload = partial(unload_with_workers, pool, step)
            await self._threads.run(copy_context().run, unload)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 (the rows are there, or the run has failed)
            _log.warning("%s could not be unloaded: %s", step.name, name_and_text(error))


def _cancel_loads(step: _Step) -> None:
    """Gives up the loading of a step's models, which its thread may still be waiting for."""
    for model in map(step._asked, step._all_models()):
        # Only models with servers of their own can cancel.
        cancel = getattr(model, "_cancel_load", None)
        if cancel is not None and not is_loaded_for(step, model):
            cancel()
