"""`Step`, `GeneratorStep` and `GlobalStep`: what a user subclasses to work on rows.

A step names the columns it takes and gives and turns rows into rows. It knows the pipeline it
stands in only as something to be added to; it does not know how it is run.
"""

from __future__ import annotations

import inspect
import logging
import re
import typing
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Callable,
    ClassVar,
    Dict,
    Final,
    List,
    Optional,
    Self,
)

import orjson
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, PrivateAttr

from distilabel._core.build_context import StepHolder, current_pipeline
from distilabel._core.serialization import TYPE_INFO_KEY, DumpIfSet, Serializable
from distilabel.errors import DistilabelTypeError, DistilabelUserError
from distilabel.mixins.requirements import RequirementsMixin
from distilabel.mixins.runtime_parameters import (
    RuntimeParameter,
    RuntimeParametersMixin,
    close_names,
)
from distilabel.mixins.signature import SignatureMixin
from distilabel.steps.column_mappings import Mappings
from distilabel.typing.steps import OnError

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM
    from distilabel.typing import GeneratorStepOutput, StepColumns, StepOutput

DEFAULT_INPUT_BATCH_SIZE: Final = 50

_STEP_INPUT_MARK: Final = "distilabel_step_input"
StepInput = Annotated[List[Dict[str, Any]], _STEP_INPUT_MARK]


class StepResources(RuntimeParametersMixin, BaseModel):
    """What a step asks of the machine.

    Attributes:
        replicas: worker processes of this step.
        cpus: processor cores of each replica.
        gpus: graphics processors of each replica.
        memory: bytes of memory of each replica.
        resources: other resources of each replica, by name.
    """

    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    replicas: RuntimeParameter[PositiveInt] = Field(
        default=1, description="Worker processes of the step."
    )
    cpus: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="Processor cores of each replica."
    )
    gpus: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="Graphics processors of each replica."
    )
    memory: Optional[RuntimeParameter[PositiveInt]] = Field(
        default=None, description="Bytes of memory of each replica."
    )
    resources: Optional[RuntimeParameter[Dict[str, int]]] = Field(
        default=None, description="Other resources of each replica, by name."
    )


def _columns(columns: StepColumns) -> dict[str, bool]:
    return dict(columns) if isinstance(columns, dict) else dict.fromkeys(columns, True)


class _Step(RuntimeParametersMixin, RequirementsMixin, Serializable, SignatureMixin, ABC):
    """What the three kinds of steps have in common.

    Attributes:
        name: of the step; made up if None.
        resources: what it asks of the machine.
        input_mappings: its name of a column → the name in the rows it takes.
        output_mappings: its name of a column → the name in the rows it gives.
        use_cache: whether what is kept is used for it.
        load_timeout: seconds that `load` may take before the run is ended; None waits.
        process_timeout: seconds that `process` may take for a batch; then its rows fail. None
            waits.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        validate_default=True,
        validate_assignment=True,
        extra="forbid",
        protected_namespaces=(),
        # A value that does not fit may be a key.
        hide_input_in_errors=True,
    )

    name: Optional[str] = Field(default=None, pattern=r"^[a-zA-Z0-9_-]+$")
    resources: StepResources = StepResources()
    pipeline: Any = Field(default=None, exclude=True, repr=False)
    input_mappings: Dict[str, str] = {}
    output_mappings: Dict[str, str] = {}
    use_cache: bool = True
    load_timeout: Annotated[Optional[PositiveFloat], DumpIfSet] = None
    process_timeout: Annotated[Optional[PositiveFloat], DumpIfSet] = None

    # A pure function of each row: rows may come in any order and in batches of any size.
    _row_by_row: ClassVar[bool] = False
    # Of those: makes none or several of a row, so that a count does not tell which is whose.
    _multiplies: ClassVar[bool] = False

    _logger: logging.Logger = PrivateAttr(default=logging.getLogger("distilabel.step"))
    _artifacts_path: Optional[Path] = PrivateAttr(default=None)

    def model_post_init(self, __context: Any) -> None:
        super().model_post_init(__context)
        # Each step its own object: the default is shared, and runtime parameters change it.
        self.__dict__["resources"] = self.resources.model_copy()
        holder: StepHolder | None = self.pipeline or current_pipeline()
        if self.name is None:
            base = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
            self.__dict__["name"] = holder._free_name(base) if holder else f"{base}_0"
        if holder is not None:
            self.__dict__["pipeline"] = holder
            holder._add_step(self)

    # -- what a subclass says about itself --------------------------------------------------

    @property
    def inputs(self) -> StepColumns:
        """Columns this step needs: a list, or name → required."""
        return []

    @property
    def outputs(self) -> StepColumns:
        """Columns this step gives: a list, or name → always there."""
        return []

    def load(self) -> None:
        """Prepares for work, once, before the first row; a subclass calls `super().load()`."""
        self._logger = logging.getLogger(f"distilabel.step.{self.name}")

    def unload(self) -> None:
        """Lets go of what `load` took, once, after the last row."""

    # -- connecting -------------------------------------------------------------------------

    def connect(self, *steps: _Step, routing_batch_function: Any = None) -> None:
        """Sends the rows of this step to others.

        Args:
            steps: where the rows go.
            routing_batch_function: chooses which of `steps` get a batch; all of them if None.

        Raises:
            ValueError: a step of another pipeline, an edge twice, or a cycle.
        """
        assert self.pipeline is not None, (
            f"{self.name} stands in no pipeline: create it inside `with Pipeline():` to connect it."
        )
        for step in steps:
            if step.pipeline is not self.pipeline:
                raise ValueError(
                    f"{step.name} does not stand in the pipeline of {self.name}: create both inside"
                    " the same `with Pipeline():`."
                )
            self.pipeline._add_edge(self.name, step.name)
        if routing_batch_function is not None:
            self.pipeline._add_routing(self.name, routing_batch_function)

    def __rshift__(self, other: Any) -> Any:
        if hasattr(other, "route_batch"):
            other._routes_from(self)
        elif isinstance(other, (list, tuple)):
            self.connect(*other)
        else:
            self.connect(other)
        return other

    def __rrshift__(self, other: Sequence[_Step]) -> Self:
        for step in other:
            step.connect(self)
        return self

    # -- what others ask of it --------------------------------------------------------------

    @property
    def is_generator(self) -> bool:
        """Whether it makes rows out of nothing."""
        return isinstance(self, GeneratorStep)

    @property
    def _needs_all_rows(self) -> bool:
        """Whether its `process` is given all rows at once."""
        return self.is_global

    @property
    def is_global(self) -> bool:
        """Whether it needs all rows at once."""
        return isinstance(self, GlobalStep)

    @property
    def is_normal(self) -> bool:
        """Neither of the two."""
        return not self.is_generator and not self.is_global

    @cached_property
    def process_parameters(self) -> list[inspect.Parameter]:
        """The parameters of `process`, their annotations resolved where they can be."""
        parameters = list(inspect.signature(self.process).parameters.values())  # type: ignore[attr-defined]
        try:
            hints = typing.get_type_hints(type(self).process, include_extras=True)  # type: ignore[attr-defined]
        except (NameError, TypeError):  # an annotation that exists for type checkers only
            hints = {}
        return [
            p.replace(annotation=_resolved(hints.get(p.name, p.annotation))) for p in parameters
        ]

    def has_multiple_inputs(self) -> bool:
        """Whether it takes the rows of several predecessors (`*inputs: StepInput`)."""
        parameter = self.get_process_step_input()
        return parameter is not None and parameter.kind is parameter.VAR_POSITIONAL

    def get_process_step_input(self) -> inspect.Parameter | None:
        """The parameter of `process` annotated `StepInput`.

        Raises:
            DistilabelTypeError: there are two.
        """
        marked = [p for p in self.process_parameters if _is_step_input(p.annotation)]
        if len(marked) > 1:
            raise DistilabelTypeError(
                f"{self.name}: `process` has {len(marked)} parameters annotated StepInput; "
                "use one, `*inputs: StepInput`, for several predecessors."
            )
        return marked[0] if marked else None

    def get_inputs(self) -> dict[str, bool]:
        """Columns it reads from the rows it is given, after `input_mappings`: name → required."""
        return {self.input_mappings.get(n, n): r for n, r in _columns(self.inputs).items()}

    def get_outputs(self) -> dict[str, bool]:
        """Columns it adds, after `output_mappings`: name → always there."""
        return {self.output_mappings.get(n, n): r for n, r in self._made_columns().items()}

    def _made_columns(self) -> dict[str, bool]:
        """Columns it adds, before `output_mappings`: name → always there."""
        return _columns(self.outputs)

    def _known_outputs(self) -> dict[str, bool]:
        """`get_outputs`, as far as it is known without asking a server or reading files."""
        return self.get_outputs()

    def verify_inputs_mappings(self) -> None:
        """Checks that `input_mappings` names inputs of this step.

        Raises:
            DistilabelUserError: a key is none of them.
        """
        self._verify(self.input_mappings, "input_mappings", list(_columns(self.inputs)))

    def verify_outputs_mappings(self) -> None:
        """Checks that `output_mappings` names outputs of this step.

        Raises:
            DistilabelUserError: a key is none of them.
        """
        self._verify(self.output_mappings, "output_mappings", list(self._made_columns()))

    def _verify(self, mappings: dict[str, str], which: str, known: list[str]) -> None:
        for name in mappings:
            if known and name not in known:
                raise DistilabelUserError(
                    f"{self.name}: {which} names {name!r}, {close_names(name, known)}",
                )

    def impute_step_outputs(self, step_output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Copies of rows in which every column this step would have given is None."""
        empty = dict.fromkeys(self.get_outputs())
        return [{**row, **empty} for row in step_output]

    # Not `models` or `_models`: a subclass may well have a field of that name.
    def _all_models(self) -> list[LLM]:
        """Returns the models in the fields of this step, each once, that of `llm` first.

        A field holds a model, or a list or tuple with models in it.
        """
        from distilabel.models.llms.base import LLM

        values = [getattr(self, "llm", None)]
        for name, value in vars(self).items():
            if name in type(self).model_fields:
                values += value if isinstance(value, (list, tuple)) else [value]
        return list({id(value): value for value in values if isinstance(value, LLM)}.values())

    @property
    def _mappings(self) -> Mappings:
        return Mappings(self.input_mappings, self.output_mappings)

    # -- artifacts and files ----------------------------------------------------------------

    @property
    def artifacts_directory(self) -> Path | None:
        """Folder for this step's artifacts; None outside a run."""
        return self._artifacts_path / str(self.name) if self._artifacts_path else None

    def set_pipeline_artifacts_path(self, path: Path) -> None:
        """Says under which folder the artifacts of all steps go."""
        self._artifacts_path = path

    def save_artifact(
        self,
        name: str,
        write_function: Callable[[Path], None],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Keeps a file or folder with the dataset.

        Args:
            name: of the artifact.
            write_function: called with an empty folder to write into.
            metadata: kept beside it as `metadata.json`.
        """
        if self.artifacts_directory is None:
            logging.getLogger(f"distilabel.step.{self.name}").warning(
                "the artifact %r is not kept: %s is not part of a run", name, self.name
            )
            return
        folder = self.artifacts_directory / name
        folder.mkdir(parents=True, exist_ok=True)
        write_function(folder)
        (folder / "metadata.json").write_bytes(orjson.dumps(metadata or {}))

    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """This step as plain data, with a description of its runtime parameters for people."""
        data = super().dump(**kwargs)
        info = data.pop(TYPE_INFO_KEY)
        data["runtime_parameters_info"] = self.get_runtime_parameters_info()
        return {**data, TYPE_INFO_KEY: info}


def _resolved(annotation: Any) -> Any:
    """Under `from __future__ import annotations`, the text `StepInput` still means StepInput."""
    if isinstance(annotation, str) and annotation.rpartition(".")[2].strip("'\"") == "StepInput":
        return StepInput
    return annotation


def _is_step_input(annotation: Any) -> bool:
    return _STEP_INPUT_MARK in getattr(annotation, "__metadata__", ())


class Step(_Step, ABC):
    """Turns rows into rows.

    A subclass has the properties `inputs` and `outputs` and a method `process` that takes one
    parameter annotated `StepInput` (or `*inputs: StepInput`, for several predecessors) and yields
    a list of rows.

    Attributes:
        input_batch_size: rows that `process` is given at a time.
        on_error: what becomes of rows it fails on: `"null"` has them go on with None in its
            columns, `"drop"` ends them there, `"raise"` ends the run. None: as the pipeline says.
    """

    on_error: Annotated[Optional[OnError], DumpIfSet] = None
    input_batch_size: RuntimeParameter[PositiveInt] = Field(
        default=DEFAULT_INPUT_BATCH_SIZE, description="Rows that `process` is given at a time."
    )

    # Of any signature to a type checker: a subclass may take one list, or one per predecessor.
    @abstractmethod
    def process(self, *inputs: Any, **kwargs: Any) -> StepOutput:
        """Turns a batch of rows (one per predecessor) into rows."""

    def process_applying_mappings(self, *args: list[dict[str, Any]]) -> StepOutput:
        """Runs `process` on rows as they are named in the pipeline.

        Args:
            args: one list of rows per predecessor.

        Yields:
            The rows, with `output_mappings` applied and input columns under their old names.
        """
        mappings = self._mappings
        if not mappings:
            yield from self.process(*args)
            return
        inputs = [[mappings.into(row) for row in batch] for batch in args]
        aside = [mappings.set_aside(row) for row in args[0]] if len(args) == 1 else []
        for rows in self.process(*inputs):
            yield [
                mappings.out_of(row, aside[i % len(aside)] if aside else {})
                for i, row in enumerate(rows)
            ]


class GeneratorStep(_Step, ABC):
    """Makes rows.

    A subclass has the property `outputs` and a method `process(offset)` that yields pairs of a
    list of rows and whether it is the last one.

    Attributes:
        batch_size: rows in each list.
    """

    batch_size: RuntimeParameter[int] = Field(
        default=50, description="Rows that are made at a time."
    )

    # Nobody else holds on to the rows it makes, nor to what is in them.
    _gives_fresh_rows: ClassVar[bool] = False

    def _known_length(self) -> int | None:
        """How many rows it will make, where that is known beforehand."""
        return None

    @abstractmethod
    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Makes rows, beginning after the first `offset` of them."""

    def process_applying_mappings(self, offset: int = 0) -> GeneratorStepOutput:
        """Runs `process` and renames columns by `output_mappings`."""
        mappings = Mappings({}, self.output_mappings)
        for rows, last in self.process(offset=offset):
            yield ([mappings.out_of(row, {}) for row in rows] if mappings else rows), last


class GlobalStep(Step, ABC):
    """Turns rows into rows, all of them at once."""
