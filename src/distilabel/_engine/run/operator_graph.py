"""Builds the operators of a run from its plan: one for each step, connected as the steps are."""

from __future__ import annotations

import logging
from typing import Any

from distilabel._engine.calling.execution_mode import ExecutionMode, execution_mode
from distilabel._engine.calling.step_cache import StepCache
from distilabel._engine.operators.all_rows import AllRows
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.join import JoinRows
from distilabel._engine.operators.map_batches import MapBatches
from distilabel._engine.operators.map_batches_workers import MapBatchesInWorkers
from distilabel._engine.operators.map_rows import MapRows
from distilabel._engine.operators.router import Router
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.operators.sink import Sink
from distilabel._engine.operators.source import Source
from distilabel._engine.operators.spill import SpillFile
from distilabel._engine.operators.stage_buffer import StageBuffer
from distilabel._engine.operators.task import TaskOperator
from distilabel._engine.operators.task_source import TaskSource, row_numbers
from distilabel._engine.rows.limit import RowLimit
from distilabel._engine.run.lineage import provenance_column
from distilabel._engine.run.plan import Plan
from distilabel._engine.workers.model_workers import (
    asks_through_engine,
    in_process_model,
    micro_batcher_for,
)
from distilabel._engine.workers.pool import Pool
from distilabel.constants import STEPS_OUTPUTS_PATH
from distilabel.models.batch_jobs.job_builder import JobBuilder
from distilabel.models.client.client import ModelClient
from distilabel.models.client.current_client import use_clients
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.llms.base import LLM
from distilabel.steps.base import Step, _Step

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
            name: Sink(
                name,
                plan.data / STEPS_OUTPUTS_PATH / name,
                context,
                self._limit(),
                provenance_column(plan.dag, plan.steps, name)
                if context.config.provenance
                else None,
            )
            for name in plan.leaves
        }
        self._sources: dict[str, Source | TaskSource] = {}
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
            sink.report_target()
            await self._context.in_thread(sink.output.finish)

    def _limit(self) -> RowLimit | None:
        target = self._context.config.target
        return RowLimit(target, self._context.window) if target is not None else None

    # -- one operator -----------------------------------------------------------------------

    def _operator(self, step: Any) -> Operator:
        name = str(step.name)
        clients = self._clients(step)
        # A pilot needs its answers now: it sends online requests.
        match execution_mode(step, batch_jobs=not self._context.config.is_pilot):
            case ExecutionMode.SOURCE:
                source = Source(step, self._context, clients=clients, **self._source_rows())
                self._sources[name] = source
                return source
            case ExecutionMode.TASK_SOURCE:
                operator = TaskOperator(step, clients[0], self._context, clients[1:])
                numbers = row_numbers(step, **self._source_rows())
                self._sources[name] = TaskSource(step, self._context, numbers)
                self._sources[name].connect(operator)
                return operator
            case ExecutionMode.TASK:
                return TaskOperator(step, clients[0], self._context, clients[1:])
            case ExecutionMode.MAP_ROWS:
                return MapRows(step, self._context)
            case ExecutionMode.ALL_ROWS:
                storage = self._context.config.storage
                return AllRows(
                    step,
                    self._context,
                    cache=self._cache(step),
                    clients=clients,
                    reorders=not self._dag.is_bypassed(name),
                    spill=SpillFile(name, storage, self._context) if storage else None,
                    pool=self._pool(step),
                )
            case ExecutionMode.MAP_BATCHES:
                return self._map_batches(step, clients)

    def _map_batches(self, step: Step, clients: list[ModelClient]) -> MapBatches:
        pool = self._pool(step)
        options: Any = {
            "size": step.input_batch_size or 50,
            "cache": self._cache(step),
            "reorders": not self._dag.is_bypassed(str(step.name)),
        }
        if pool is not None:
            return MapBatchesInWorkers(step, self._context, pool, **options)
        return MapBatches(step, self._context, clients=clients, **options)

    def _source_rows(self) -> dict[str, Any]:
        """Returns which rows a source emits, if not all."""
        config = self._context.config
        return {"first_batch_only": config.first_batch_only, "picked": config.picked}

    def _clients(self, step: _Step) -> list[ModelClient]:
        return [self._client(step, llm) for llm in step._all_models()]

    def _client(self, step: _Step, llm: LLM) -> ModelClient:
        store, state = self._context.store, self._context.state
        size = getattr(step, "input_batch_size", None) or 50
        asked = step._asked(llm)
        client = ModelClient(
            asked,
            step=str(step.name),
            answers=store,
            reuse=self._reuses(step),
            limiters=self._context.limiters,
            emit=self._context.emit,
            batch_size=size,
            batcher=self._batcher(step, llm, size),
            stopping=lambda: not state.is_running,
            budget=self._context.budget,
            job_builder=self._job_builder(step, asked),
        )
        client.stands_for = llm
        client.loop = self._context.loop
        if llm._parts:
            parts = {id(part): self._client(step, part) for part in llm._parts}
            client.ask_within(lambda: use_clients(parts))
        return client

    def _batcher(self, step: _Step, llm: LLM, most: int) -> MicroBatcher | None:
        """Returns what sends requests to a model that workers hold; None if they hold none."""
        pool = self._pools.get(str(step.name))
        return (
            micro_batcher_for(pool, step._asked(llm), most)
            if pool and in_process_model(step) is llm
            else None
        )

    def _job_builder(self, step: _Step, llm: LLM) -> JobBuilder | None:
        # A pilot needs its answers now.
        if not llm.use_offline_batch_generation or self._context.config.is_pilot:
            return None
        return self._context.batch_jobs.builder(llm, reuse=self._reuses(step))

    def _reuses(self, step: _Step) -> bool:
        return self._context.config.reuse and step.use_cache

    def _pool(self, step: _Step) -> Pool | None:
        """Returns the workers that run a step; None if they only hold its model."""
        return self._pools.get(str(step.name)) if in_process_model(step) is None else None

    def _cache(self, step: Step) -> StepCache | None:
        """Returns a cache for a step of the user's; answers of models are in the answer store."""
        store = self._context.store
        built_in = str(type(step).__module__).partition(".")[0] == "distilabel"
        if store is None or built_in or asks_through_engine(step) or step._writes_elsewhere:
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
        if len(predecessors) > 1 and step.has_multiple_inputs():
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
