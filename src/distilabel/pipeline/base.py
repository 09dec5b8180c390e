"""`BasePipeline`: a graph of steps that can be built, drawn, dumped, estimated and run."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, Final, List, Optional, Self, Tuple, Union, get_args

import orjson

from distilabel._core.build_context import close_block, open_block
from distilabel._core.dump_file import write_file
from distilabel._core.serialization import SerializableFile
from distilabel._engine.run_config import RunConfig
from distilabel._engine.workers.backend import WorkerBackend
from distilabel._engine.workers.import_guard import refuse_while_imported
from distilabel._engine.workers.process_backend import ProcessBackend
from distilabel.errors import DistilabelUserError
from distilabel.mixins.requirements import RequirementsMixin
from distilabel.pipeline.building import serialization
from distilabel.pipeline.building.load_stages import last_of, load_stages, parse_load_groups
from distilabel.pipeline.building.step_graph import StepGraph
from distilabel.pipeline.routing_batch_function import RoutingBatchFunction, as_routing
from distilabel.pipeline.running.awaited_run import awaitable
from distilabel.pipeline.running.execution import Execution
from distilabel.pipeline.running.run_lock import one_run_at_a_time
from distilabel.pipeline.running.storage_parameters import open_storage
from distilabel.pipeline.workspace.run_directory import RunDirectory, cache_directory
from distilabel.steps.base import _Step
from distilabel.typing.steps import OnError

if TYPE_CHECKING:
    from distilabel._engine.estimation.estimate import Estimate
    from distilabel.distiset import Distiset
    from distilabel.typing import InputDataset, LoadGroups, PipelineRuntimeParametersInfo

_UNNAMED: Final = "__default_pipeline_name__"


class BasePipeline(RequirementsMixin, SerializableFile):
    """Steps, and the connections that rows take between them.

    Args:
        name: Name of the pipeline; None builds one from the names of the steps.
        description: A description for readers.
        cache_dir: Directory for stored answers and rows; None takes `DISTILABEL_CACHE_DIR`, or
            `~/.cache/distilabel/pipelines` if that is not set.
        enable_metadata: Accepted for 1.x; `distilabel_metadata` is always in the dataset.
        requirements: Packages that the pipeline requires, as PEP 508 strings.
        on_error: How rows that a step fails on are handled, unless the step sets its own:
            `"null"` passes them on with None in the columns of the step, `"drop"` drops them,
            `"raise"` ends the run.

    Raises:
        DistilabelUserError: `on_error` has another value.
    """

    def __init__(
        self,
        name: Optional[str] = None,
        description: Optional[str] = None,
        cache_dir: Optional[Union[str, os.PathLike[str]]] = None,
        enable_metadata: bool = False,
        requirements: Optional[List[str]] = None,
        *,
        on_error: OnError = "null",
    ) -> None:
        if on_error not in get_args(OnError):
            known = ", ".join(map(repr, get_args(OnError)))
            raise DistilabelUserError(f"on_error={on_error!r} is not valid. Choose one of {known}.")
        self.name = name or _UNNAMED
        self.description = description
        self._steps: dict[str, _Step] = {}
        self._routing: dict[str, RoutingBatchFunction] = {}
        self.dag = StepGraph(self._steps, self._routing, self._worker_backend)
        self._cache_dir = cache_directory(cache_dir)
        self._enable_metadata = enable_metadata
        self.requirements = requirements or []
        self.on_error: OnError = on_error

    # -- building ---------------------------------------------------------------------------

    def __enter__(self) -> Self:
        open_block(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        close_block(self)
        self._settle_name()

    def _settle_name(self) -> None:
        if self.name == _UNNAMED and self._steps:
            self.name = "_".join(["pipeline", *self._steps])

    def _add_step(self, step: _Step) -> None:
        name = str(step.name)
        self.dag.add_node(name)
        self._steps[name] = step

    def _discard_step(self, step: _Step) -> None:
        name = str(step.name)
        if self._steps.get(name) is step:
            del self._steps[name]
            self._routing.pop(name, None)
            self.dag.remove_node(name)

    def _add_edge(self, start: str, end: str) -> None:
        self.dag.add_edge(start, end)

    def _add_routing(self, start: str, function: Any) -> RoutingBatchFunction:
        routing = as_routing(function)
        routing._routes_from(self._steps[start])
        self._routing[start] = routing
        return routing

    def _free_name(self, base: str) -> str:
        number = 0
        while f"{base}_{number}" in self.dag:
            number += 1
        return f"{base}_{number}"

    def _gather_requirements(self) -> list[str]:
        return [
            *super()._gather_requirements(),
            *(text for step in self._steps.values() for text in step.requirements),
        ]

    # -- identity ---------------------------------------------------------------------------

    @property
    def signature(self) -> str:
        """SHA-1 (40 hexadecimal digits) of the steps' names, their connections and routing."""
        graph = [
            self.dag.nodes,
            self.dag.edges,
            [
                {k: v for k, v in function.dump().items() if k != "description"}
                for function in self._routing.values()
            ],
        ]
        return hashlib.sha1(orjson.dumps(graph, default=str)).hexdigest()

    @property
    def aggregated_steps_signature(self) -> str:
        """SHA-1 (40 hexadecimal digits) of the signatures of all steps."""
        signatures = "".join(step.signature for step in self._steps.values())
        return hashlib.sha1(signatures.encode()).hexdigest()

    @property
    def _run_directory(self) -> RunDirectory:
        return RunDirectory.of(
            self._cache_dir, self.name, self.signature, self.aggregated_steps_signature
        )

    def _worker_backend(self) -> WorkerBackend:
        """Returns where the worker processes of a run are."""
        return ProcessBackend()

    # -- as data ----------------------------------------------------------------------------

    def dump(self, **kwargs: Any) -> Dict[str, Any]:
        """Returns the pipeline as plain data in the format of 1.5.3, without secrets."""
        return serialization.dump(self)

    @classmethod
    def from_dict(cls, data: Dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Builds a pipeline from its dump; runs nothing.

        Args:
            data: What `dump` returned, in this version or in 1.5.3.
            allow: Packages whose classes may be imported, besides `distilabel`.

        Returns:
            The pipeline.

        Raises:
            DistilabelUserError: The data does not describe a pipeline, or a class may not be
                imported.
        """
        return serialization.load(cls, data, allow)

    def get_runtime_parameters_info(self) -> PipelineRuntimeParametersInfo:
        """Returns the runtime parameters of every step: step name → descriptions of them."""
        return {name: step.get_runtime_parameters_info() for name, step in self._steps.items()}

    # -- as a picture -----------------------------------------------------------------------

    def draw(
        self,
        path: Optional[Union[str, Path]] = "pipeline.png",
        top_to_bottom: bool = False,
        show_edge_labels: bool = True,
    ) -> str:
        """Draws the steps, their connections and the columns they read, without any web service.

        Args:
            path: File to write: `.png`, `.svg`, or Mermaid text as `.mmd` or `.md`.
            top_to_bottom: Whether the drawing runs from top to bottom; otherwise left to right.
            show_edge_labels: Whether the connections are labeled with columns.

        Returns:
            The path.

        Raises:
            DistilabelUserError: The suffix is not supported, or the pipeline has no steps.
        """
        from distilabel.pipeline.drawing.files import draw

        draw(self, str(path), top_to_bottom, show_edge_labels)
        return str(path)

    def _repr_svg_(self) -> str | None:
        """Returns the drawing a notebook displays; None, without steps, displays plain text."""
        from distilabel.pipeline.drawing.picture import make_picture
        from distilabel.pipeline.drawing.svg import render_svg

        return render_svg(make_picture(self, True), top_to_bottom=False) if self._steps else None

    def get_load_stages(
        self, load_groups: Optional[LoadGroups] = None
    ) -> Tuple[List[List[str]], List[List[str]]]:
        """Returns the steps that `run(load_groups=...)` would load together.

        Args:
            load_groups: As for `run`.

        Returns:
            The stages, as lists of names, and for each stage the steps whose rows leave it. A
            global step is a stage of its own.
        """
        groups = parse_load_groups(load_groups, self.dag)
        stages = load_stages(self.dag, lambda name: self._steps[name].is_global, groups)
        return stages, [last_of(self.dag, stage) for stage in stages]

    # -- running ----------------------------------------------------------------------------

    @one_run_at_a_time
    def run(
        self,
        parameters: Optional[Dict[Any, Dict[str, Any]]] = None,
        load_groups: Optional[LoadGroups] = None,
        use_cache: bool = True,
        storage_parameters: Optional[Dict[str, Any]] = None,
        use_fs_to_pass_data: bool = False,
        dataset: Optional[InputDataset] = None,
        dataset_batch_size: int = 50,
        logging_handlers: Optional[List[logging.Handler]] = None,
        budget: Optional[float] = None,
        target_rows: Optional[int] = None,
        provenance: bool = False,
    ) -> Distiset:
        """Runs the pipeline.

        No question is asked twice: after a crash, an interruption or a change, run the pipeline
        again, and only the missing answers are requested.

        Args:
            parameters: Step name → runtime parameter → value, nested for models.
            load_groups: Lists of steps (or names) that are loaded together, or
                `"sequential_step_execution"`. A group is loaded when the groups before it have
                ended and are unloaded. None loads every step at the start.
            use_cache: Whether stored answers and cached outputs are used.
            storage_parameters: Where rows wait for global steps instead of in memory: `path`, a
                folder on any file system that `fsspec` supports, and options of that file system.
            use_fs_to_pass_data: Whether rows wait in the cache directory, if there are no
                `storage_parameters`.
            dataset: Rows for the first steps: a list of dicts, a DataFrame of pandas or polars, a
                pyarrow Table, or a `Dataset` or `IterableDataset` of `datasets`.
            dataset_batch_size: Rows of `dataset` in a batch.
            logging_handlers: More handlers for the log of the run.
            budget: US dollars that this run may cost. It stops when they are spent or reserved, and
                the next run goes on. None sets no limit.
            target_rows: Number of rows that every leaf step ends with. Generators run until that
                many rows have arrived; the first ones in the order of the source rows are stored.
                If the generators end earlier, there are fewer rows, and a warning is logged.
            provenance: Whether the column `distilabel_provenance` tells, for each column of a row,
                which step, model, prompt and answer made it.

        Returns:
            The dataset, one configuration per leaf step, with `.report` and `.failures`.

        Raises:
            ValueError: The pipeline or an argument is wrong (the message lists all problems), or
                the pipeline is already running.
            ModuleNotFoundError: A requirement is not installed.
            RuntimeError: A step could not be loaded, or failed on all rows.
            RowError: A step failed on a row, and its `on_error` is `"raise"`.
            EndpointError: A model does not answer at all.
        """
        refuse_while_imported()
        self._settle_name()
        execution = Execution(self, parameters, dataset, dataset_batch_size)
        execution.check(load_groups, storage_parameters, budget, target_rows)
        directory = self._run_directory
        directory.check_root()
        try:
            directory.create()
            write_file(self.dump(), directory.config, "yaml")
        except OSError as error:
            raise DistilabelUserError(
                f"Cannot write to {directory.execution}: {error.strerror}. Free space or allow "
                "writing there, or choose another directory (Pipeline(cache_dir=...) or "
                "DISTILABEL_CACHE_DIR)."
            ) from error
        config = RunConfig(
            on_error=self.on_error,
            reuse=use_cache,
            budget=budget,
            target=target_rows,
            provenance=provenance,
            storage=open_storage(storage_parameters, use_fs_to_pass_data, directory.waiting_rows),
        )
        return execution.run(directory, config, handlers=logging_handlers or [])

    # With the parameters of `run`.
    arun = awaitable(run)

    @one_run_at_a_time
    def estimate(
        self,
        sample: int = 20,
        parameters: Optional[Dict[Any, Dict[str, Any]]] = None,
        dataset: Optional[InputDataset] = None,
        rows: Optional[int] = None,
    ) -> Estimate:
        """Forecasts what a run takes: questions, tokens, time and money.

        Runs the pipeline on a sample of the rows. Their answers are stored, so that the run does
        not request them again.

        Args:
            sample: Number of rows to try, spread over the source; at least 2.
            parameters: As for `run`.
            dataset: As for `run`.
            rows: Number of rows of the source; required if the source does not know it.

        Returns:
            The estimate: `print` it, or read `total`, `steps`, `seconds` and `notes`.

        Raises:
            ValueError: The pipeline or an argument is wrong, or `rows` is missing.
            EndpointError: A model does not answer at all.
        """
        from distilabel.pipeline.running.estimate import estimate

        self._settle_name()
        execution = Execution(self, parameters, dataset, sample)
        execution.check(None, None)
        config = RunConfig(on_error=self.on_error)
        directory = self._run_directory
        directory.check_root()
        return estimate(execution, directory, config, sample, rows)

    @one_run_at_a_time
    def dry_run(
        self,
        parameters: Optional[Dict[str, Dict[str, Any]]] = None,
        batch_size: int = 1,
        dataset: Optional[InputDataset] = None,
    ) -> Distiset:
        """Runs the first batch of every generator and stores nothing.

        Args:
            parameters: As for `run`.
            batch_size: Rows in that batch.
            dataset: As for `run`.

        Returns:
            The dataset of those rows.
        """
        refuse_while_imported()
        self._settle_name()
        execution = Execution(self, parameters, dataset, batch_size)
        execution.check(None, None)
        with tempfile.TemporaryDirectory(prefix="distilabel-") as folder:
            directory = RunDirectory.of(Path(folder), self.name, "dry", "run")
            directory.create()
            write_file(self.dump(), directory.config, "yaml")
            config = RunConfig(
                on_error=self.on_error,
                reuse=False,
                persist=False,
                first_batch_only=True,
                source_batch_size=batch_size,
            )
            return execution.run(directory, config)
