"""From a plan to nodes at work: which kind of node each step gets, and who gives rows to whom."""

from __future__ import annotations

import logging
from typing import Any

from distilabel._engine.held import Held
from distilabel._engine.joining import Joining
from distilabel._engine.kinds import runs_per_row, runs_row_by_row
from distilabel._engine.leaf import Leaf
from distilabel._engine.memo import Memo
from distilabel._engine.node import Node
from distilabel._engine.numbers import Numbers, numbers_of
from distilabel._engine.per_batch import PerBatch
from distilabel._engine.per_row import PerRow
from distilabel._engine.plan import Plan
from distilabel._engine.quota import Quota
from distilabel._engine.routing import Router
from distilabel._engine.row_by_row import RowByRow
from distilabel._engine.shared import Shared
from distilabel._engine.source import Source
from distilabel._engine.spool import Spool
from distilabel._engine.whole import Whole
from distilabel._engine.workers.models import batcher_with, model_of
from distilabel._engine.workers.pool import Pool
from distilabel._engine.workers.replicated import Replicated
from distilabel.constants import STEPS_OUTPUTS_PATH
from distilabel.models.batch_jobs.job_builder import JobBuilder
from distilabel.models.client.client import ModelClient
from distilabel.models.client.micro_batcher import MicroBatcher
from distilabel.models.llms.base import LLM
from distilabel.steps.base import GeneratorStep, Step, _Step
from distilabel.steps.tasks.base import Task, asked_by_row
from distilabel.steps.tasks.generating import RowGenerator

_log = logging.getLogger("distilabel.pipeline")


class Graph:
    """The nodes of a run.

    Args:
        plan: what to run.
        shared: what the nodes share.
        pools: step name → its worker processes, of those that have some.
    """

    def __init__(self, plan: Plan, shared: Shared, pools: dict[str, Pool]) -> None:
        self._plan = plan
        self._shared = shared
        self._pools = pools
        self.nodes: dict[str, Node] = {}
        # They need nothing that is loaded, and have something to show if the run is stopped.
        self.leaves = {
            name: Leaf(name, plan.data / STEPS_OUTPUTS_PATH / name, shared, self._quota())
            for name in plan.steps
            if not plan.successors(name)
        }
        self._sources: dict[str, Source | Numbers] = {}
        self._held: dict[tuple[str, str], Held] = {}
        shared.leaves = len(self.leaves)

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
        shared = self._shared
        while not (shared.finished.is_set() or all(self.nodes[n].is_finished for n in stage)):
            shared.progress.clear()
            await shared.progress.wait()

    def _quota(self) -> Quota | None:
        target = self._shared.target
        return Quota(target, self._shared.window) if target is not None else None

    # -- one node ---------------------------------------------------------------------------

    def _node(self, step: _Step) -> Node:
        client = self._client(step)
        if isinstance(step, GeneratorStep):
            return self._generator(step, client)
        assert isinstance(step, Step)
        if isinstance(step, Task) and client is not None and runs_per_row(step):
            return PerRow(step, client, self._shared)
        if step._needs_all_rows or (client is not None and client.gathering is not None):
            reorders = not self._is_joined_with_others(str(step.name))
            storage = self._plan.storage
            spool = Spool(str(step.name), storage, self._shared) if storage is not None else None
            return Whole(
                step,
                self._shared,
                memo=self._memo(step),
                client=client,
                reorders=reorders,
                spool=spool,
                pool=self._pool(step),
            )
        if runs_row_by_row(type(step)) and step.process_timeout is None:
            return RowByRow(step, self._shared)
        size = step.input_batch_size or 50
        memo = self._memo(step)
        reorders = not self._is_joined_with_others(str(step.name))
        pool = self._pool(step)
        if pool is not None:
            return Replicated(step, self._shared, pool, size=size, memo=memo, reorders=reorders)
        return PerBatch(step, self._shared, size=size, memo=memo, client=client, reorders=reorders)

    def _generator(self, step: GeneratorStep, client: ModelClient | None) -> Node:
        plan, name = self._plan, str(step.name)
        only_some: Any = {"first_batch_only": plan.first_batch_only, "picked": plan.picked}
        if isinstance(step, RowGenerator) and client is not None and asked_by_row(type(step)):
            node = PerRow(step, client, self._shared)
            self._sources[name] = Numbers(step, self._shared, numbers_of(step, **only_some))
            self._sources[name].connect(node)
            return node
        source = self._sources[name] = Source(step, self._shared, client=client, **only_some)
        return source

    def _client(self, step: _Step) -> ModelClient | None:
        llm = getattr(step, "llm", None)
        if not isinstance(llm, LLM):
            return None
        store = self._shared.store
        size = getattr(step, "input_batch_size", None) or 50
        client = ModelClient(
            llm,
            step=str(step.name),
            answers=store,
            reuse=self._shared.reuse and step.use_cache,
            limiters=self._shared.limiters,
            emit=self._shared.emit,
            batch_size=size,
            batcher=self._batcher(step, llm, size),
            stopping=lambda: self._shared.stopping,
            budget=self._shared.budget,
            gathering=self._gathering(step, llm),
        )
        client.loop = self._shared.loop
        return client

    def _batcher(self, step: _Step, llm: LLM, most: int) -> MicroBatcher | None:
        """Asks a model that workers hold."""
        pool = self._pools.get(str(step.name))
        return batcher_with(pool, llm, most) if pool is not None else None

    def _gathering(self, step: _Step, llm: LLM) -> JobBuilder | None:
        # A pilot is to know now what the rest will be like.
        if not llm.use_offline_batch_generation or self._plan.picked is not None:
            return None
        return self._shared.gatherings.of(llm, reuse=self._shared.reuse and step.use_cache)

    def _pool(self, step: _Step) -> Pool | None:
        """Workers that run a step; not those that hold its model."""
        return self._pools.get(str(step.name)) if model_of(step) is None else None

    def _memo(self, step: Step) -> Memo | None:
        """A memo for a step of the user's; the answers of models are kept by themselves."""
        store = self._shared.store
        mine = str(type(step).__module__).partition(".")[0] == "distilabel"
        if store is None or mine or isinstance(getattr(step, "llm", None), LLM):
            return None
        pool = self._pool(step)
        try:
            if pool is not None and pool.configuration is None:
                raise TypeError("its fields have no digest")
            configuration = pool.configuration if pool is not None else None
            return Memo(step, store, self._shared.reuse and step.use_cache, configuration)
        except TypeError as error:
            _log.info("%s runs again on every run: %s", step.name, error)
            return None

    # -- edges ------------------------------------------------------------------------------

    def _route(self, name: str, node: Node) -> None:
        function = self._plan.routing.get(name)
        if function is not None:
            node.router = Router(
                name,
                self._plan.successors(name),
                function.routing_function,
                self._shared.store,
                self._shared.reuse,
            )

    def _connect_predecessors(self, name: str) -> None:
        predecessors = self._plan.predecessors(name)
        node: Node = self.nodes[name]
        step: Any = self._plan.steps[name]
        if predecessors and step.has_multiple_inputs():
            node = Joining(node, len(predecessors), self._converges(predecessors), self._shared)
        for predecessor in predecessors:
            way: Node = self._held.get((predecessor, name)) or self.nodes[predecessor]
            way.connect(node)

    def _connect_later(self, name: str, stage: list[str]) -> None:
        """Connects a step to where its rows end, or wait for a later stage."""
        if name in self.leaves:
            self.nodes[name].connect(self.leaves[name])
        for successor in self._plan.successors(name):
            if successor not in stage:
                held = self._held[name, successor] = Held(successor, self._shared)
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
