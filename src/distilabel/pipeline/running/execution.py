"""One run of a pipeline: sets and checks its values, runs the engine and makes the dataset."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from distilabel._core.build_context import outside_blocks
from distilabel._core.dag import Dag
from distilabel._core.events import Bus, Emit
from distilabel._engine.calling import initial_state
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.run.plan import Plan
from distilabel._engine.run.runner import Runner
from distilabel._engine.run_config import RunConfig
from distilabel._engine.workers.backend import WorkerBackend
from distilabel.constants import STEPS_ARTIFACTS_PATH
from distilabel.errors import DistilabelUserError
from distilabel.mixins.runtime_parameters import close_names
from distilabel.pipeline.building.load_stages import load_stages, parse_load_groups
from distilabel.pipeline.building.validation import Problems, Validation
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
    """The members of a pipeline that a run uses."""

    name: str
    description: str | None
    _steps: dict[str, _Step]
    _routing: dict[str, RoutingBatchFunction]
    _enable_metadata: bool
    on_error: OnError

    @property
    def dag(self) -> Dag:
        """The steps' names and connections."""

    @property
    def signature(self) -> str:
        """Signature of the steps' names, their connections and routing."""

    def _free_name(self, base: str) -> str: ...

    def _worker_backend(self) -> WorkerBackend: ...

    def requirements_to_install(self) -> list[str]:
        """Returns the requirements that are not installed."""


class Execution:
    """One run of a pipeline.

    Args:
        pipeline: The pipeline; its graph does not change.
        parameters: Step name → runtime parameter → value.
        dataset: Rows for the first steps; None if the pipeline loads its rows.
        dataset_batch_size: Rows of `dataset` in a batch.

    Raises:
        DistilabelUserError: Both `dataset` and a step of the pipeline load rows.
    """

    def __init__(
        self, pipeline: PipelineLike, parameters: Any, dataset: Any, dataset_batch_size: int
    ) -> None:
        self._pipeline = pipeline
        self._parameters: dict[Any, dict[str, Any]] = parameters or {}
        self._steps: dict[str, _Step] = dict(pipeline._steps)
        self._backend = pipeline._worker_backend()
        self._dag = pipeline.dag.copy()
        self._routing = pipeline._routing
        # None, without load groups, loads every step at the start.
        self._stages: list[list[str]] | None = None
        if dataset is not None:
            self._add_source(dataset, dataset_batch_size)

    def _add_source(self, dataset: Any, batch_size: int) -> None:
        from distilabel.steps.generators.utils import make_generator_step

        if any(isinstance(step, GeneratorStep) for step in self._steps.values()):
            raise DistilabelUserError(
                "dataset: the pipeline already has a step that loads rows. Leave out one of them."
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
        """Name of the pipeline."""
        return self._pipeline.name

    @property
    def steps(self) -> dict[str, _Step]:
        """The steps by name, including the one that loads `dataset`."""
        return self._steps

    @property
    def dag(self) -> Dag:
        """The steps' names and connections, including the step that loads `dataset`."""
        return self._dag

    def descendants(self, name: str) -> list[str]:
        """Returns the names of the steps that rows of a step may reach."""
        return self._dag.descendants(name)

    # -- before anything is spent -----------------------------------------------------------

    def check(
        self,
        load_groups: Any,
        storage_parameters: Any,
        budget: float | None = None,
        target_rows: int | None = None,
    ) -> None:
        """Sets the runtime parameters and checks everything that can be checked before a run.

        Args:
            load_groups: As for `Pipeline.run`.
            storage_parameters: As for `Pipeline.run`.
            budget: As for `Pipeline.run`.
            target_rows: As for `Pipeline.run`.

        Raises:
            ValueError: The pipeline or an argument is wrong; lists all problems.
            ModuleNotFoundError: A requirement is not installed.
        """
        initial_state.restore(self._steps.values())
        validation = Validation(self._dag, self._steps, self._routing, self._backend)
        problems = validation.problems
        self._set_parameters(problems)
        validation.graph()
        validation.values()
        groups = parse_load_groups(load_groups, self._dag)
        validation.load_groups(groups)
        validation.target(target_rows, in_groups=bool(groups))
        if storage_parameters is not None and "path" not in storage_parameters:
            problems.add(DistilabelUserError, "storage_parameters: `path` is required.")
        is_amount = isinstance(budget, (int, float)) and not isinstance(budget, bool)
        if budget is not None and not (is_amount and 0 < budget < math.inf):
            problems.add(
                DistilabelUserError,
                f"budget={budget!r} is not valid. Set an amount of US dollars above 0.",
            )
        problems.raise_if_any()
        if groups:
            self._stages = load_stages(self._dag, lambda n: self._steps[n].is_global, groups)
        self._check_requirements()

    def _set_parameters(self, problems: Problems) -> None:
        for name, values in self._parameters.items():
            step = self._steps.get(getattr(name, "name", name))
            if step is None:
                # They may set what a run costs.
                near = close_names(str(name), list(self._steps))
                text = f"parameters: step {name!r} is not in the pipeline, {near}"
                problems.add(DistilabelUserError, text)
                continue
            if not isinstance(values, dict):
                text = f"{step.name}: its parameters must be a dict of names and values, got"
                problems.add(DistilabelUserError, f"{text} {values!r}.")
                continue
            unknown = step.unknown_runtime_parameters(values)
            for text in unknown:
                problems.add(DistilabelUserError, f"{step.name}: {text}")
            if not unknown:
                try:
                    step.set_runtime_parameters(values)
                except ValueError as error:
                    problems.add(ValueError, f"{step.name}: {error}")

    def _check_requirements(self) -> None:
        missing = self._pipeline.requirements_to_install()
        if missing:
            raise ModuleNotFoundError(
                "The pipeline requires packages that are not installed:\n"
                + "\n".join(missing)
                + "\nInstall them with: pip install "
                + " ".join(f"'{text}'" for text in missing)
            )

    # -- running ----------------------------------------------------------------------------

    def run(
        self,
        directory: RunDirectory,
        config: RunConfig,
        *,
        handlers: Sequence[logging.Handler] = (),
        listeners: Sequence[Emit] = (),
    ) -> Distiset:
        """Runs the pipeline and makes the dataset.

        Args:
            directory: Run directory.
            config: Settings of the run.
            handlers: More handlers for the log.
            listeners: More listeners, which receive every event.

        Returns:
            The dataset, one configuration per leaf step, with its report and failures.
        """
        self._backend.open()
        for step in self._steps.values():
            self._backend.prepare(self.name, step)
        had_files = directory.config.exists()
        data = directory.fresh_data()
        plan = Plan(
            name=f"{self.name} (pilot)" if config.is_pilot else self.name,
            steps={name: self._steps[name] for name in self._dag.topological()},
            dag=self._dag,
            stages=self._stages or [self._dag.topological()],
            data=data,
            store=directory.store if config.persist else None,
            config=config,
            routing={name: function.routing_function for name, function in self._routing.items()},
            signature=self._pipeline.signature,
            backend=self._backend,
        )
        stats = RunStats()
        history = [RunHistory(directory, stats)] if config.persist else []
        started = datetime.now()
        try:
            with (
                initial_state.recorded(self._steps.values()),
                self._source_batches_of(config.source_batch_size),
                run_log(directory.log, list(handlers), stats, plan) as log_and_display,
                observers(directory, plan) as others,
            ):
                bus = Bus([stats, *history, *listeners, *log_and_display, *others])
                Runner(plan, bus).run_until_finished()
            # Read before the move: another process may replace the files after it.
            distiset = self._dataset(data, directory, stats, started)
        except BaseException:
            shutil.rmtree(data, ignore_errors=True)
            raise
        if had_files and not directory.config.exists():
            _log.warning(
                "%s was removed while the run went on. This dataset has its rows, but answers that "
                "were stored there are requested again by the next run.",
                directory.execution,
            )
        final = directory.put_in_place(data)
        if distiset.artifacts_path is not None:
            distiset.artifacts_path = final / STEPS_ARTIFACTS_PATH
        return distiset

    @contextmanager
    def _source_batches_of(self, size: int | None) -> Iterator[None]:
        """Sets the batch size of every source while the block is open; None leaves it alone."""
        sources = [s for s in self._steps.values() if isinstance(s, GeneratorStep)]
        sizes = [source.batch_size for source in sources]
        for source in sources if size is not None else ():
            source.batch_size = size
        try:
            yield
        finally:
            for source, own_size in zip(sources, sizes, strict=True):
                source.batch_size = own_size

    def _dataset(
        self, data: Path, directory: RunDirectory, stats: RunStats, started: datetime
    ) -> Distiset:
        from distilabel._engine.reporting.report import Report
        from distilabel.distiset import create_distiset
        from distilabel.pipeline.drawing.picture import make_picture
        from distilabel.pipeline.drawing.png import render_png
        from distilabel.pipeline.running.run_facts import describe_run, write_facts

        distiset = create_distiset(
            data,
            pipeline_path=directory.config,
            log_filename_path=directory.log,
            enable_metadata=self._pipeline._enable_metadata,
            dag=list(self._steps.values()),
        )
        distiset.report = Report.of(stats)
        if not (stats.interrupted or stats.error):
            distiset.report.unreadable = max(0, distiset.report.rows - _count_rows(distiset))
        pipeline = self._pipeline
        steps = {name: self._steps[name] for name in self._dag.topological()}
        facts = describe_run(
            pipeline.name, pipeline.description, self._dag, steps, started, distiset.report
        )
        distiset._run_facts = write_facts(facts, data)
        distiset._picture = partial(render_png, make_picture(self, show_edge_labels=False), False)
        # In the order of steps and rows: the order in which they happened differs on every run.
        order = {name: number for number, name in enumerate(stats.steps)}
        distiset.failures = sorted(
            stats.failures, key=lambda failure: (order[failure["step"]], failure["key"])
        )
        return distiset


def _count_rows(distiset: Distiset) -> int:
    splits = [
        split
        for dataset in distiset.values()
        for split in (dataset.values() if isinstance(dataset, dict) else [dataset])
    ]
    return sum(map(len, splits))
