"""Builds the operators of a run from its plan: one for each step, connected as the steps are."""

from __future__ import annotations

import logging
from typing import Any

from distilabel._engine.calling.kinds import runs_per_row, runs_row_by_row
from distilabel._engine.calling.step_cache import StepCache
from distilabel._engine.operators.all_rows import AllRows
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.join import JoinRows
from distilabel._engine.operators.map_batches import MapBatches
from distilabel._engine.operators.map_batches_workers import MapBatchesInWorkers
from distilabel._engine.operators.map_rows import MapRows
from distilabel._engine.operators.numbers import RowNumbers, numbers_of
from distilabel._engine.operators.router import Router
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.operators.sink import Sink
from distilabel._engine.operators.source import Source
from distilabel._engine.operators.spill import SpillFile
from distilabel._engine.operators.stage_buffer import StageBuffer
from distilabel._engine.operators.task import TaskOperator
from distilabel._engine.rows.limit import RowLimit
from distilabel._engine.run.plan import Plan
from distilabel._engine.workers.model_workers import in_process_model, micro_batcher_for
from distilabel._engine.workers.pool import Pool
from distilabel.constants import STEPS_OUTPUTS_PATH
from distilabel.models.batch_jobs.job_builder import JobBuilder
from distilabel.models.client.client import ModelClient
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.llms.base import LLM
from distilabel.steps.base import GeneratorStep, Step, _Step
from distilabel.steps.tasks.base import Task, uses_aprocess
from distilabel.steps.tasks.row_generator import RowGenerator

_log = logging.getLogger("distilabel.pipeline")


class OperatorGraph:
    """The operators of a run, connected as their steps are.

    Args:
        plan: Plan of the run.
        context: What the operators share.
        pools: Step name → the pool of its worker processes, for the steps that have some.

    Attributes:
        operators: Step name → its operator, for the stages that were started.
        sinks: Name of a leaf step → the sink that writes its rows.
    """

    def __init__(self, plan: Plan, context: RunContext, pools: dict[str, Pool]) -> None:
        self._plan = plan
        self._dag = plan.dag
        self._context = context
        self._pools = pools
        self.operators: dict[str, Operator] = {}
        # Sinks need no loaded step, and have rows to write even if the run ends in an early stage.
        self.sinks = {
            name: Sink(name, plan.data / STEPS_OUTPUTS_PATH / name, context, self._limit())
            for name in plan.leaves
        }
        self._sources: dict[str, Source | RowNumbers] = {}
        self._buffers: dict[tuple[str, str], StageBuffer] = {}
        context.open_sinks = len(self.sinks)

    def start(self, stage: list[str]) -> None:
        """Builds the operators of a stage, connects them and lets rows in.

        Args:
            stage: Names of its steps, loaded, in topological order.
        """
        for name in stage:
            self.operators[name] = self._operator(self._plan.steps[name])
            self._route(name, self.operators[name])
        for name in stage:
            self._connect_predecessors(name)
            self._connect_sink(name)
            self._connect_later_stages(name, stage)
        for name in stage:
            if name in self._sources:
                self._sources[name].begin()
            for predecessor in self._dag.predecessors(name):
                if (predecessor, name) in self._buffers:
                    self._buffers[predecessor, name].begin()

    async def wait_for(self, stage: list[str]) -> None:
        """Waits until the operators of a stage have emitted their last rows, or the run drains.

        Args:
            stage: Names of its steps.
        """
        operators = [self.operators[name] for name in stage]
        await self._context.wait_until_draining(
            lambda: all(operator.is_finished for operator in operators)
        )

    async def finish(self) -> None:
        """Reports on the target, and writes the rows of the leaf steps that are still in memory."""
        for sink in self.sinks.values():
            sink.tell()
            await self._context.in_thread(sink.output.finish)

    def _limit(self) -> RowLimit | None:
        target = self._context.config.target
        return RowLimit(target, self._context.window) if target is not None else None

    # -- one operator -----------------------------------------------------------------------

    def _operator(self, step: _Step) -> Operator:
        client = self._client(step)
        if isinstance(step, GeneratorStep):
            return self._generator(step, client)
        assert isinstance(step, Step)
        if isinstance(step, Task) and client is not None and runs_per_row(step):
            return TaskOperator(step, client, self._context)
        if step._needs_all_rows or (client is not None and client.job_builder is not None):
            reorders = not self._dag.is_bypassed(str(step.name))
            storage = self._context.config.storage
            spool = (
                SpillFile(str(step.name), storage, self._context) if storage is not None else None
            )
            return AllRows(
                step,
                self._context,
                cache=self._cache(step),
                client=client,
                reorders=reorders,
                spool=spool,
                pool=self._pool(step),
            )
        if runs_row_by_row(type(step)) and step.process_timeout is None:
            return MapRows(step, self._context)
        size = step.input_batch_size or 50
        cache = self._cache(step)
        reorders = not self._dag.is_bypassed(str(step.name))
        pool = self._pool(step)
        if pool is not None:
            return MapBatchesInWorkers(
                step, self._context, pool, size=size, cache=cache, reorders=reorders
            )
        return MapBatches(
            step, self._context, size=size, cache=cache, client=client, reorders=reorders
        )

    def _generator(self, step: GeneratorStep, client: ModelClient | None) -> Operator:
        config, name = self._context.config, str(step.name)
        only_some: Any = {"first_batch_only": config.first_batch_only, "picked": config.picked}
        if isinstance(step, RowGenerator) and client is not None and uses_aprocess(type(step)):
            task = TaskOperator(step, client, self._context)
            self._sources[name] = RowNumbers(step, self._context, numbers_of(step, **only_some))
            self._sources[name].connect(task)
            return task
        source = self._sources[name] = Source(step, self._context, client=client, **only_some)
        return source

    def _client(self, step: _Step) -> ModelClient | None:
        llm = getattr(step, "llm", None)
        if not isinstance(llm, LLM):
            return None
        store, state = self._context.store, self._context.state
        size = getattr(step, "input_batch_size", None) or 50
        client = ModelClient(
            llm,
            step=str(step.name),
            answers=store,
            reuse=self._reuses(step),
            limiters=self._context.limiters,
            emit=self._context.emit,
            batch_size=size,
            batcher=self._batcher(step, llm, size),
            stopping=lambda: not state.is_running,
            budget=self._context.budget,
            job_builder=self._job_builder(step, llm),
        )
        client.loop = self._context.loop
        return client

    def _batcher(self, step: _Step, llm: LLM, most: int) -> MicroBatcher | None:
        """Returns what sends requests to a model that workers hold; None if they hold none."""
        pool = self._pools.get(str(step.name))
        return micro_batcher_for(pool, llm, most) if pool is not None else None

    def _job_builder(self, step: _Step, llm: LLM) -> JobBuilder | None:
        # A pilot needs its answers now.
        if not llm.use_offline_batch_generation or self._context.config.is_pilot:
            return None
        return self._context.batch_jobs.of(llm, reuse=self._reuses(step))

    def _reuses(self, step: _Step) -> bool:
        return self._context.config.reuse and step.use_cache

    def _pool(self, step: _Step) -> Pool | None:
        """Returns the workers that run a step; None if they only hold its model."""
        return self._pools.get(str(step.name)) if in_process_model(step) is None else None

    def _cache(self, step: Step) -> StepCache | None:
        """Returns a cache for a step of the user's; answers of models are in the answer store."""
        store = self._context.store
        built_in = str(type(step).__module__).partition(".")[0] == "distilabel"
        if store is None or built_in or isinstance(getattr(step, "llm", None), LLM):
            return None
        pool = self._pool(step)
        try:
            if pool is not None and pool.configuration is None:
                raise TypeError("its fields have no digest")
            configuration = pool.configuration if pool is not None else None
            return StepCache(step, store, self._reuses(step), configuration)
        except TypeError as error:
            _log.info("%s runs again on every run: %s", step.name, error)
            return None

    # -- connections ------------------------------------------------------------------------

    def _route(self, name: str, operator: Operator) -> None:
        function = self._plan.routing.get(name)
        if function is not None:
            operator.router = Router(
                name,
                self._dag.successors(name),
                function,
                self._context.store,
                self._context.config.reuse,
            )

    def _connect_predecessors(self, name: str) -> None:
        predecessors = self._dag.predecessors(name)
        operator: Operator = self.operators[name]
        step: Any = self._plan.steps[name]
        if predecessors and step.has_multiple_inputs():
            # Where rows were routed to one of the predecessors, the others do not have them.
            partial = any(self._dag.separates(start, predecessors) for start in self._plan.routing)
            operator = JoinRows(operator, len(predecessors), partial, self._context)
        for predecessor in predecessors:
            source = self._buffers.get((predecessor, name)) or self.operators[predecessor]
            source.connect(operator)

    def _connect_sink(self, name: str) -> None:
        if name in self.sinks:
            self.operators[name].connect(self.sinks[name])

    def _connect_later_stages(self, name: str, stage: list[str]) -> None:
        for successor in self._dag.successors(name):
            if successor not in stage:
                buffer = StageBuffer(successor, self._context)
                self._buffers[name, successor] = buffer
                self.operators[name].connect(buffer)
