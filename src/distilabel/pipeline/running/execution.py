"""One run of a pipeline: values are set and checked, the engine runs, the dataset is made."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from distilabel._core.build_context import outside_blocks
from distilabel._core.dag import Dag
from distilabel._core.events import Bus, Emit
from distilabel._engine.operators.spill import SpillStorage
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.run.plan import Plan
from distilabel._engine.run.runner import Runner
from distilabel._engine.workers.backend import WorkerBackend
from distilabel.constants import STEPS_ARTIFACTS_PATH
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.pipeline.building.load_stages import load_stages, parse_load_groups
from distilabel.pipeline.building.validation import Validation
from distilabel.pipeline.observers.log import run_log
from distilabel.pipeline.observers.setup import observers
from distilabel.pipeline.routing_batch_function import RoutingBatchFunction
from distilabel.pipeline.workspace.run_history import RunHistory
from distilabel.steps.base import GeneratorStep, _Step
from distilabel.typing.steps import OnError

if TYPE_CHECKING:
    from distilabel.distiset import Distiset
    from distilabel.pipeline.workspace.run_directory import RunDirectory

_log = logging.getLogger("distilabel.pipeline")


class PipelineLike(Protocol):
    """A pipeline, as its runs see it."""

    name: str
    dag: Dag
    _steps: dict[str, _Step]
    _routing: dict[str, RoutingBatchFunction]
    _enable_metadata: bool
    on_error: OnError

    @property
    def signature(self) -> str:
        """Of the steps' names, their connections and routing."""

    def _free_name(self, base: str) -> str: ...

    def _site(self) -> WorkerBackend: ...

    def requirements_to_install(self) -> list[str]:
        """The requirements that are not installed."""


class Execution:
    """One run.

    Args:
        pipeline: what to run; its graph is not changed.
        parameters: step name → runtime parameter → value.
        dataset: rows for the first steps, if they get none.
        dataset_batch_size: rows of it handed on at a time.
    """

    def __init__(
        self, pipeline: PipelineLike, parameters: Any, dataset: Any, dataset_batch_size: int
    ) -> None:
        self._pipeline = pipeline
        self._parameters: dict[Any, dict[str, Any]] = parameters or {}
        self._steps: dict[str, _Step] = dict(pipeline._steps)
        self._site = pipeline._site()
        # None until groups are given: then every step is loaded at the start.
        self._stages: list[list[str]] | None = None
        self._dag = Dag()
        for name in pipeline.dag.nodes:
            self._dag.add_node(name)
        for start, end in pipeline.dag.edges:
            self._dag.add_edge(start, end)
        if dataset is not None:
            self._add_source(dataset, dataset_batch_size)

    def _add_source(self, dataset: Any, batch_size: int) -> None:
        from distilabel.steps.generators.utils import make_generator_step

        if any(isinstance(step, GeneratorStep) for step in self._steps.values()):
            raise DistilabelUserError(
                "The pipeline loads rows already: leave out `dataset`, or the step that does."
            )
        roots = self._dag.roots
        # The source belongs to this run, not to a pipeline whose block may be open.
        with outside_blocks():
            source = make_generator_step(dataset, batch_size=batch_size)
        name = self._pipeline._free_name(str(source.name).removesuffix("_0"))
        source.name = name
        self._steps[name] = source
        self._dag.add_node(name)
        for root in roots:
            self._dag.add_edge(name, root)

    @property
    def name(self) -> str:
        """Of the pipeline."""
        return self._pipeline.name

    @property
    def steps(self) -> dict[str, _Step]:
        """Its steps, by name, the source of `dataset` among them."""
        return self._steps

    def descendants(self, name: str) -> list[str]:
        """The steps that rows of a step may reach."""
        return self._dag.descendants(name)

    # -- before anything is spent -----------------------------------------------------------

    def check(
        self,
        load_groups: Any,
        storage_parameters: Any,
        budget: float | None = None,
        target_rows: int | None = None,
    ) -> None:
        """Sets the runtime parameters and checks everything that can be checked.

        Raises:
            ValueError: something is wrong; says everything that is.
            ModuleNotFoundError: a requirement is not installed.
        """
        validation = Validation(self._dag, self._steps, self._pipeline._routing, self._site)
        problems = validation.problems
        for name, values in self._parameters.items():
            step = self._steps.get(getattr(name, "name", name))
            if step is None:
                _log.warning(
                    "There is no step called %r, its parameters are not used: %s",
                    name,
                    close_names(str(name), list(self._steps)),
                )
                continue
            unknown = step.unknown_runtime_parameters(values)
            for text in unknown:
                problems.add(DistilabelUserError, f"{step.name}: {text}")
            if not unknown:
                try:
                    step.set_runtime_parameters(values)
                except ValueError as error:
                    problems.add(ValueError, f"{step.name}: {error}")
        validation.graph()
        validation.values()
        groups = parse_load_groups(load_groups, self._dag)
        validation.load_groups(groups)
        validation.target(target_rows, in_groups=bool(groups))
        if storage_parameters is not None and "path" not in storage_parameters:
            problems.add(DistilabelUserError, "storage_parameters needs a `path`.")
        is_amount = isinstance(budget, (int, float)) and not isinstance(budget, bool)
        if budget is not None and not (is_amount and 0 < budget < math.inf):
            problems.add(
                DistilabelUserError, f"budget={budget!r} is no amount of US dollars above 0."
            )
        problems.raise_if_any()
        if groups:
            self._stages = load_stages(self._dag, lambda n: self._steps[n].is_global, groups)
        missing = self._pipeline.requirements_to_install()
        if missing:
            raise ModuleNotFoundError(
                "The pipeline needs packages that are not installed:\n"
                + "\n".join(missing)
                + "\nInstall them with: pip install "
                + " ".join(f"'{text}'" for text in missing)
            )

    # -- running ----------------------------------------------------------------------------

    def run(
        self,
        directory: RunDirectory,
        *,
        reuse: bool,
        handlers: list[logging.Handler],
        keep: bool = True,
        first_batch: int | None = None,
        budget: float | None = None,
        picked: tuple[int, ...] | None = None,
        listeners: Sequence[Emit] = (),
        target: int | None = None,
        storage: SpillStorage | None = None,
    ) -> Distiset:
        """Runs the pipeline and makes the dataset.

        Args:
            places: where to keep things.
            reuse: whether kept answers and outputs are used.
            handlers: more handlers for the log.
            keep: whether answers and outputs are kept.
            first_batch: rows that each source makes before it stops; None is all of them.
            budget: US dollars that asking may cost; None is no limit.
            picked: ordinals of the rows that sources give; None is all of them.
            listeners: told of everything that happens.
            target: rows that every leaf is to have; None: all that come.
            storage: where rows wait for global steps; None is in memory.
        """
        self._site.open()
        data = directory.fresh_data()
        plan = Plan(
            name=self.name if picked is None else f"{self.name} (pilot)",
            steps={name: self._steps[name] for name in self._dag.topological()},
            edges=self._dag.edges,
            stages=self._stages or [self._dag.topological()],
            data=data,
            store=directory.store if keep else None,
            reuse=reuse,
            first_batch_only=first_batch is not None and picked is None,
            budget=budget,
            picked=picked,
            on_error=self._pipeline.on_error,
            target=target,
            storage=storage,
            routing=dict(self._pipeline._routing),
            signature=self._pipeline.signature,
            site=self._site,
        )
        stats = RunStats()
        history = [RunHistory(directory, stats)] if keep else []
        try:
            with (
                self._batches_of(first_batch),
                run_log(directory.log, handlers, stats, plan) as watching,
                observers(directory, plan) as others,
            ):
                listening: list[Emit] = [stats, *history, *listeners, *watching, *others]
                Runner(plan, Bus(listening)).to_the_end()
            # Read where no other process puts its own outputs in place meanwhile.
            distiset = self._dataset(data, directory, stats)
        except BaseException:
            shutil.rmtree(data, ignore_errors=True)
            raise
        kept = directory.put_in_place(data)
        if distiset.artifacts_path is not None:
            distiset.artifacts_path = kept / STEPS_ARTIFACTS_PATH
        return distiset

    @contextmanager
    def _batches_of(self, size: int | None) -> Iterator[None]:
        """Has every source make batches of a size for a while; None leaves them as they are."""
        sources = [s for s in self._steps.values() if isinstance(s, GeneratorStep)]
        before = [source.batch_size for source in sources]
        for source in sources if size is not None else ():
            source.batch_size = size
        try:
            yield
        finally:
            for source, own in zip(sources, before, strict=True):
                source.batch_size = own

    def _dataset(self, data: Any, directory: RunDirectory, stats: RunStats) -> Distiset:
        from distilabel._engine.reporting.report import Report
        from distilabel.distiset import create_distiset

        distiset = create_distiset(
            data,
            pipeline_path=directory.config,
            log_filename_path=directory.log,
            enable_metadata=self._pipeline._enable_metadata,
            dag=list(self._steps.values()),
        )
        distiset.report = Report.of(stats)
        # As they happened would be another order on every run.
        order = {name: place for place, name in enumerate(stats.steps)}
        distiset.failures = sorted(
            stats.failures, key=lambda failure: (order[failure["step"]], failure["key"])
        )
        return distiset
