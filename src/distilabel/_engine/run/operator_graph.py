"""From a plan to nodes at work: which kind of node each step gets, and who gives rows to whom."""

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
    """The nodes of a run.

    Args:
        plan: what to run.
        shared: what the nodes share.
        pools: step name → its worker processes, of those that have some.
    """

    def __init__(self, plan: Plan, context: RunContext, pools: dict[str, Pool]) -> None:
        self._plan = plan
        self._context = context
        self._pools = pools
        self.nodes: dict[str, Operator] = {}
        # They need nothing that is loaded, and have something to show if the run is stopped.
        self.leaves = {
            name: Sink(name, plan.data / STEPS_OUTPUTS_PATH / name, context, self._quota())
            for name in plan.steps
            if not plan.successors(name)
        }
        self._sources: dict[str, Source | RowNumbers] = {}
        self._held: dict[tuple[str, str], StageBuffer] = {}
        context.leaves = len(self.leaves)

    def open(self, stage: list[str]) -> None:
        """Puts up the nodes of a stage, whose steps are loaded, and lets rows in.

        Args:
            stage: names of its steps, in topological order.
        """
        for name in stage:
            self.nodes[name] = self._node(self._plan.steps[name])
            self._route(name, self.nodes[name])
        for name in stage:
            self._connect_predecessors(name)
            self._connect_later(name, stage)
        for name in stage:
            if name in self._sources:
                self._sources[name].begin()
            for predecessor in self._plan.predecessors(name):
                if (predecessor, name) in self._held:
                    self._held[predecessor, name].begin()

    async def over(self, stage: list[str]) -> None:
        """Waits until the steps of a stage have no more rows, or the run is stopped."""
        context = self._context
        while not (context.finished.is_set() or all(self.nodes[n].is_finished for n in stage)):
            context.progress.clear()
            await context.progress.wait()

    def _quota(self) -> RowLimit | None:
        target = self._context.target
        return RowLimit(target, self._context.window) if target is not None else None

    # -- one node ---------------------------------------------------------------------------

    def _node(self, step: _Step) -> Operator:
        client = self._client(step)
        if isinstance(step, GeneratorStep):
            return self._generator(step, client)
        assert isinstance(step, Step)
        if isinstance(step, Task) and client is not None and runs_per_row(step):
            return TaskOperator(step, client, self._context)
        if step._needs_all_rows or (client is not None and client.job_builder is not None):
            reorders = not self._is_joined_with_others(str(step.name))
            storage = self._plan.storage
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
        reorders = not self._is_joined_with_others(str(step.name))
        pool = self._pool(step)
        if pool is not None:
            return MapBatchesInWorkers(
                step, self._context, pool, size=size, cache=cache, reorders=reorders
            )
        return MapBatches(
            step, self._context, size=size, cache=cache, client=client, reorders=reorders
        )

    def _generator(self, step: GeneratorStep, client: ModelClient | None) -> Operator:
        plan, name = self._plan, str(step.name)
        only_some: Any = {"first_batch_only": plan.first_batch_only, "picked": plan.picked}
        if isinstance(step, RowGenerator) and client is not None and uses_aprocess(type(step)):
            node = TaskOperator(step, client, self._context)
            self._sources[name] = RowNumbers(step, self._context, numbers_of(step, **only_some))
            self._sources[name].connect(node)
            return node
        source = self._sources[name] = Source(step, self._context, client=client, **only_some)
        return source

    def _client(self, step: _Step) -> ModelClient | None:
        llm = getattr(step, "llm", None)
        if not isinstance(llm, LLM):
            return None
        store = self._context.store
        size = getattr(step, "input_batch_size", None) or 50
        client = ModelClient(
            llm,
            step=str(step.name),
            answers=store,
            reuse=self._context.reuse and step.use_cache,
            limiters=self._context.limiters,
            emit=self._context.emit,
            batch_size=size,
            batcher=self._batcher(step, llm, size),
            stopping=lambda: self._context.stopping,
            budget=self._context.budget,
            job_builder=self._gathering(step, llm),
        )
        client.loop = self._context.loop
        return client

    def _batcher(self, step: _Step, llm: LLM, most: int) -> MicroBatcher | None:
        """Asks a model that workers hold."""
        pool = self._pools.get(str(step.name))
        return micro_batcher_for(pool, llm, most) if pool is not None else None

    def _gathering(self, step: _Step, llm: LLM) -> JobBuilder | None:
        # A pilot is to know now what the rest will be like.
        if not llm.use_offline_batch_generation or self._plan.picked is not None:
            return None
        return self._context.gatherings.of(llm, reuse=self._context.reuse and step.use_cache)

    def _pool(self, step: _Step) -> Pool | None:
        """Workers that run a step; not those that hold its model."""
        return self._pools.get(str(step.name)) if in_process_model(step) is None else None

    def _cache(self, step: Step) -> StepCache | None:
        """A memo for a step of the user's; the answers of models are kept by themselves."""
        store = self._context.store
        mine = str(type(step).__module__).partition(".")[0] == "distilabel"
        if store is None or mine or isinstance(getattr(step, "llm", None), LLM):
            return None
        pool = self._pool(step)
        try:
            if pool is not None and pool.configuration is None:
                raise TypeError("its fields have no digest")
            configuration = pool.configuration if pool is not None else None
            return StepCache(step, store, self._context.reuse and step.use_cache, configuration)
        except TypeError as error:
            _log.info("%s runs again on every run: %s", step.name, error)
            return None

    # -- edges ------------------------------------------------------------------------------

    def _route(self, name: str, node: Operator) -> None:
        function = self._plan.routing.get(name)
        if function is not None:
            node.router = Router(
                name,
                self._plan.successors(name),
                function.routing_function,
                self._context.store,
                self._context.reuse,
            )

    def _connect_predecessors(self, name: str) -> None:
        predecessors = self._plan.predecessors(name)
        node: Operator = self.nodes[name]
        step: Any = self._plan.steps[name]
        if predecessors and step.has_multiple_inputs():
            node = JoinRows(node, len(predecessors), self._converges(predecessors), self._context)
        for predecessor in predecessors:
            way: Operator = self._held.get((predecessor, name)) or self.nodes[predecessor]
            way.connect(node)

    def _connect_later(self, name: str, stage: list[str]) -> None:
        """Connects a step to where its rows end, or wait for a later stage."""
        if name in self.leaves:
            self.nodes[name].connect(self.leaves[name])
        for successor in self._plan.successors(name):
            if successor not in stage:
                held = self._held[name, successor] = StageBuffer(successor, self._context)
                self.nodes[name].connect(held)

    def _converges(self, names: list[str]) -> bool:
        """Whether rows were routed between these steps, so that not all of them have each row."""
        for start in self._plan.routing:
            branches = self._plan.successors(start)
            ways = {
                frozenset(b for b in branches if b == name or name in self._plan.descendants(b))
                for name in names
            }
            if len(ways) > 1:
                return True
        return False

    def _is_joined_with_others(self, name: str) -> bool:
        """Whether rows of a step are joined further down with rows that did not pass through it."""
        below = self._plan.descendants(name)
        return any(
            predecessor != name and predecessor not in below
            for step in below
            for predecessor in self._plan.predecessors(step)
        )
