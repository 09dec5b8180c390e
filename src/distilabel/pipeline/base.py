"""`BasePipeline`: a graph of steps that can be built, checked, dumped and run."""

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
from distilabel._core.dag import Dag
from distilabel._core.serialization import SerializableFile, write_file
from distilabel._engine.workers.backend import WorkerBackend
from distilabel._engine.workers.import_guard import refuse_while_imported
from distilabel._engine.workers.process_backend import ProcessBackend
from distilabel.errors import DistilabelUserError
from distilabel.mixins.requirements import RequirementsMixin
from distilabel.pipeline.building import serialization
from distilabel.pipeline.building.load_stages import last_of, load_stages, parse_load_groups
from distilabel.pipeline.routing_batch_function import RoutingBatchFunction
from distilabel.pipeline.running.execution import Execution
from distilabel.pipeline.running.run_lock import one_run_at_a_time
from distilabel.pipeline.running.spill_storage import storage_of
from distilabel.pipeline.workspace.run_directory import RunDirectory, cache_directory
from distilabel.steps.base import _Step
from distilabel.typing.steps import OnError

if TYPE_CHECKING:
    from distilabel._engine.estimation.estimate import Estimate
    from distilabel.distiset import Distiset
    from distilabel.typing import InputDataset, LoadGroups, PipelineRuntimeParametersInfo

_UNNAMED: Final = "__default_pipeline_name__"


class BasePipeline(RequirementsMixin, SerializableFile):
    """Steps, and who gives rows to whom.

    Args:
        name: of the pipeline; made of the names of its steps if None.
        description: for people.
        cache_dir: where answers and outputs are kept; None is `DISTILABEL_CACHE_DIR`, else
            `~/.cache/distilabel/pipelines`.
        enable_metadata: kept for 1.x; `distilabel_metadata` always stays in the dataset.
        requirements: packages the pipeline needs, as PEP 508 strings.
        on_error: what becomes of rows that a step fails on, if the step does not say: `"null"` has
            them go on with None in its columns, `"drop"` ends them there, `"raise"` ends the run.

    Raises:
        DistilabelUserError: `on_error` is none of these.
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
            raise DistilabelUserError(f"on_error is one of {known}, not {on_error!r}.")
        self.name = name or _UNNAMED
        self.description = description
        self.dag = Dag()
        self._steps: dict[str, _Step] = {}
        self._routing: dict[str, RoutingBatchFunction] = {}
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

    def _add_edge(self, start: str, end: str) -> None:
        self.dag.add_edge(start, end)

    def _add_routing(self, start: str, function: RoutingBatchFunction) -> None:
        function._routes_from(self._steps[start])
        self._routing[start] = function

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

    def _site(self) -> WorkerBackend:
        """Where its workers are."""
        return ProcessBackend()

    # -- as data ----------------------------------------------------------------------------

    def dump(self, **kwargs: Any) -> Dict[str, Any]:
        """The pipeline as plain data, in the format of 1.5.3; no secrets."""
        return serialization.dump(self)

    @classmethod
    def from_dict(cls, data: Dict[str, Any], allow: tuple[str, ...] = ()) -> Self:
        """Rebuilds a pipeline from its dump; runs nothing.

        Args:
            data: what `dump` gave, of this version or of 1.5.3.
            allow: packages, besides `distilabel`, whose classes may be imported.

        Raises:
            DistilabelUserError: the data are no pipeline, or a class may not be imported.
        """
        return serialization.load(cls, data, allow)

    def get_runtime_parameters_info(self) -> PipelineRuntimeParametersInfo:
        """The runtime parameters of every step: step name → a list of entries for people."""
        return {name: step.get_runtime_parameters_info() for name, step in self._steps.items()}

    # -- as a picture -----------------------------------------------------------------------

    def draw(
        self,
        path: Optional[Union[str, Path]] = "pipeline.png",
        top_to_bottom: bool = False,
        show_edge_labels: bool = True,
    ) -> str:
        """Draws the steps, their connections and the columns they read. Asks no service.

        Args:
            path: the file: `.png`, `.svg`, or Mermaid text as `.mmd` or `.md`.
            top_to_bottom: whether it reads downwards; to the right otherwise.
            show_edge_labels: whether columns stand on the connections.

        Returns:
            The path.

        Raises:
            DistilabelUserError: another suffix, or there are no steps.
        """
        from distilabel.pipeline.drawing.files import draw

        draw(self, str(path), top_to_bottom, show_edge_labels)
        return str(path)

    def _repr_svg_(self) -> str | None:
        """What a notebook shows of a pipeline; the plain text where there is nothing to draw."""
        from distilabel.pipeline.drawing.picture import make_picture
        from distilabel.pipeline.drawing.svg import render_svg

        return render_svg(make_picture(self, True), top_to_bottom=False) if self._steps else None

    def get_load_stages(
        self, load_groups: Optional[LoadGroups] = None
    ) -> Tuple[List[List[str]], List[List[str]]]:
        """Which steps `run(load_groups=...)` would load together.

        Args:
            load_groups: as for `run`.

        Returns:
            The stages, lists of names; and of each stage the steps that end it. A global step is a
            stage by itself.
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
    ) -> Distiset:
        """Runs the pipeline.

        What was asked before is not asked again: run again after a crash, an interruption or a
        change, and only what is missing is asked.

        Args:
            parameters: step name → runtime parameter → value, nested for models.
            load_groups: lists of steps (or names) that are loaded together, or
                `"sequential_step_execution"`; a group is loaded when those before it are done and
                unloaded. None loads every step at the start.
            use_cache: whether kept answers and outputs are used.
            storage_parameters: where rows wait for global steps instead of in memory: `path`, a
                folder on any file system `fsspec` knows, and options of that file system.
            use_fs_to_pass_data: the same, in the cache directory, where there are no
                `storage_parameters`.
            dataset: rows for the first steps: a list of dicts, a DataFrame of pandas or polars, a
                pyarrow Table, or a `Dataset` or `IterableDataset` of `datasets`.
            dataset_batch_size: rows of it handed on at a time.
            logging_handlers: more handlers for the log of the run.
            budget: US dollars that this run may cost; it stops before they are passed, and the
                next run goes on. None is no limit.
            target_rows: rows that every leaf is to have, exactly: generators go on until that many
                have reached it, and the first ones in the order of the source rows are kept. With
                generators that end before, there are fewer, and a warning.

        Returns:
            The dataset, one configuration per leaf, with `.report` and `.failures`.

        Raises:
            ValueError: the pipeline or its parameters are wrong; says everything that is. Or it
                runs already.
            ModuleNotFoundError: a requirement is not installed.
            RuntimeError: a step could not be loaded, or failed on all rows.
            RowError: a step failed on a row, and its `on_error` is `"raise"`.
            EndpointError: a model cannot be asked at all.
        """
        refuse_while_imported()
        self._settle_name()
        execution = Execution(self, parameters, dataset, dataset_batch_size)
        execution.check(load_groups, storage_parameters, budget, target_rows)
        directory = self._run_directory
        try:
            directory.execution.mkdir(parents=True, exist_ok=True)
            write_file(self.dump(), directory.config, "yaml")
        except OSError as error:
            raise DistilabelUserError(
                f"Nothing can be kept in {directory.execution}: {error.strerror}. Free space or "
                "allow writing there, or keep it elsewhere (Pipeline(cache_dir=...) or "
                "DISTILABEL_CACHE_DIR)."
            ) from error
        storage = storage_of(storage_parameters, use_fs_to_pass_data, directory.waiting_rows)
        return execution.run(
            directory,
            reuse=use_cache,
            handlers=logging_handlers or [],
            budget=budget,
            target=target_rows,
            storage=storage,
        )

    @one_run_at_a_time
    def estimate(
        self,
        sample: int = 20,
        parameters: Optional[Dict[Any, Dict[str, Any]]] = None,
        dataset: Optional[InputDataset] = None,
        rows: Optional[int] = None,
    ) -> Estimate:
        """Forecasts what a run will take: questions, tokens, time and money.

        Runs the pipeline on some of the rows. Their answers are kept, so that the run does not ask
        for them again.

        Args:
            sample: rows to try, spread over the source; 2 at least.
            parameters: as for `run`.
            dataset: as for `run`.
            rows: of the source, where it does not know itself how many it has.

        Returns:
            The estimate: `print` it, or see `total`, `steps`, `seconds` and `notes`.

        Raises:
            ValueError: the pipeline or an argument is wrong, or `rows` is missing.
            EndpointError: a model cannot be asked at all.
        """
        from distilabel.pipeline.running.estimate import estimate

        self._settle_name()
        execution = Execution(self, parameters, dataset, sample)
        execution.check(None, None)
        return estimate(execution, self._run_directory, sample, rows)

    @one_run_at_a_time
    def dry_run(
        self,
        parameters: Optional[Dict[str, Dict[str, Any]]] = None,
        batch_size: int = 1,
        dataset: Optional[InputDataset] = None,
    ) -> Distiset:
        """Runs the first batch of every generator; keeps nothing.

        Args:
            parameters: as for `run`.
            batch_size: rows of that batch.
            dataset: as for `run`.

        Returns:
            The dataset made of those rows.
        """
        refuse_while_imported()
        self._settle_name()
        execution = Execution(self, parameters, dataset, batch_size)
        execution.check(None, None)
        with tempfile.TemporaryDirectory(prefix="distilabel-") as folder:
            directory = RunDirectory.of(Path(folder), self.name, "dry", "run")
            directory.execution.mkdir(parents=True)
            write_file(self.dump(), directory.config, "yaml")
            return execution.run(
                directory, reuse=False, handlers=[], keep=False, first_batch=batch_size
            )
