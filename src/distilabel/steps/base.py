"""`Step`, `GeneratorStep` and `GlobalStep`: the base classes that users subclass.

A step declares its input and output columns and turns rows into rows. It adds itself to a
pipeline and connects to other steps, but does not depend on how a pipeline runs it.
"""

from __future__ import annotations

import inspect
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Dict, Final, Optional, Self

from pydantic import ConfigDict, Field, PositiveFloat, PositiveInt, PrivateAttr

from distilabel._core.build_context import StepHolder, current_pipeline, is_outside_on_purpose
from distilabel._core.serialization import TYPE_INFO_KEY, DumpIfSet, Serializable
from distilabel.errors import DistilabelTypeError, DistilabelUserError
from distilabel.mixins.requirements import RequirementsMixin
from distilabel.mixins.runtime_parameters import (
    RuntimeParameter,
    RuntimeParametersMixin,
    close_names,
)
from distilabel.mixins.signature import SignatureMixin
from distilabel.steps.artifacts import ArtifactsMixin
from distilabel.steps.column_mappings import ColumnMappings
from distilabel.steps.resources import StepResources as StepResources
from distilabel.steps.step_input import StepInput as StepInput
from distilabel.steps.step_input import annotated_parameters, is_step_input
from distilabel.steps.step_names import LONGEST_NAME, name_of_class
from distilabel.typing.steps import OnError

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM
    from distilabel.typing import GeneratorStepOutput, StepColumns, StepOutput

DEFAULT_INPUT_BATCH_SIZE: Final = 50


def _columns(columns: StepColumns) -> dict[str, bool]:
    """Returns columns as a dict: name → required (inputs) or always present (outputs)."""
    return dict(columns) if isinstance(columns, dict) else dict.fromkeys(columns, True)


class _Step(
    RuntimeParametersMixin, RequirementsMixin, Serializable, SignatureMixin, ArtifactsMixin, ABC
):
    """Base of the three kinds of steps.

    Attributes:
        name: Name of the step; made from the class name if None.
        pipeline: Pipeline the step belongs to; the enclosing `with Pipeline():` if None.
        resources: Resources to run the step with.
        input_mappings: Input column of the step → its name in the pipeline.
        output_mappings: Output column of the step → its name in the pipeline.
        use_cache: Whether to reuse stored answers and cached rows for the step.
        load_timeout: Seconds that `load` may take before the run ends; None for no limit.
        process_timeout: Seconds that `process` may take for a batch before its rows fail; None
            for no limit.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        validate_default=True,
        validate_assignment=True,
        extra="forbid",
        protected_namespaces=(),
        # An invalid value may be an API key.
        hide_input_in_errors=True,
    )

    name: Optional[str] = Field(default=None, pattern=r"^[a-zA-Z0-9_-]+$", max_length=LONGEST_NAME)
    resources: StepResources = StepResources()
    pipeline: Any = Field(default=None, exclude=True, repr=False)
    input_mappings: Dict[str, str] = {}
    output_mappings: Dict[str, str] = {}
    use_cache: bool = True
    load_timeout: Annotated[Optional[PositiveFloat], DumpIfSet] = None
    process_timeout: Annotated[Optional[PositiveFloat], DumpIfSet] = None

    # True if `process` is a pure function of each row, whatever their order and their batches.
    _row_by_row: ClassVar[bool] = False
    # True if such a step makes none or several of a row: counting does not tell their origins.
    _changes_row_count: ClassVar[bool] = False
    # True if `process` writes the rows to a server, which a cached result would not do.
    _writes_elsewhere: ClassVar[bool] = False

    _logger: logging.Logger = PrivateAttr(default=logging.getLogger("distilabel.step"))

    def __init__(self, **data: Any) -> None:
        if not type(self).__pydantic_complete__:
            # Names in annotations are those of the caller, one frame further away than usual.
            type(self).model_rebuild(raise_errors=False, _parent_namespace_depth=3)
        try:
            super().__init__(**data)
        except BaseException:
            # Validators run after the step has joined its pipeline.
            if (holder := self.__dict__.get("pipeline")) is not None:
                holder._discard_step(self)
            raise

    def model_post_init(self, __context: Any) -> None:
        super().model_post_init(__context)
        # A copy, because the default is shared and runtime parameters change it.
        self.__dict__["resources"] = self.resources.model_copy()
        holder: StepHolder | None = self.pipeline or current_pipeline()
        if self.name is None:
            base = name_of_class(type(self))
            self.__dict__["name"] = holder._free_name(base) if holder else f"{base}_0"
        if holder is not None:
            self.__dict__["pipeline"] = holder
            holder._add_step(self)
        elif not is_outside_on_purpose():
            self._logger.warning(
                "Step %r belongs to no pipeline, so that no pipeline runs it. Create it inside "
                "`with Pipeline():`, or set `pipeline`, unless you call it yourself.",
                self.name,
            )

    @property
    def inputs(self) -> StepColumns:
        """Input columns: a list, or a dict of name → whether it is required."""
        return []

    @property
    def outputs(self) -> StepColumns:
        """Output columns: a list, or a dict of name → whether every row has it."""
        return []

    def load(self) -> None:
        """Prepares the step once, before the first row.

        A subclass that overrides this calls `super().load()`.
        """
        self._logger = logging.getLogger(f"distilabel.step.{self.name}")

    def unload(self) -> None:
        """Releases what `load` acquired, once, after the last row."""

    def connect(self, *steps: _Step, routing_batch_function: Any = None) -> None:
        """Connects the step to the steps that receive its rows.

        Args:
            steps: Steps that receive the rows.
            routing_batch_function: Chooses which of `steps` receive a batch; None for all.

        Raises:
            ValueError: If a step belongs to another pipeline, if two steps are already
                connected, or if the connection would create a cycle.
        """
        assert self.pipeline is not None, (
            f"step {self.name!r} belongs to no pipeline. Create it inside `with Pipeline():`."
        )
        if routing_batch_function is not None:
            self.pipeline._add_routing(self.name, routing_batch_function)
        for step in steps:
            if not isinstance(step, _Step):
                raise DistilabelUserError(
                    f"{self.name} cannot be connected to a {type(step).__name__}. Connect it to "
                    "steps."
                )
            if step.pipeline is not self.pipeline:
                raise ValueError(
                    f"step {step.name!r} belongs to a different pipeline than {self.name!r}. "
                    "Create both inside the same `with Pipeline():`."
                )
            self.pipeline._add_edge(self.name, step.name)

    def __rshift__(self, other: Any) -> Any:
        if hasattr(other, "route_batch"):
            other._routes_from(self)
        elif inspect.isroutine(other) and self.pipeline is not None:
            # A routing function without its decorator.
            other = self.pipeline._add_routing(self.name, other)
        elif isinstance(other, (list, tuple)):
            self.connect(*other)
        else:
            self.connect(other)
        return other

    def __rrshift__(self, other: Sequence[_Step]) -> Self:
        for step in other:
            step.connect(self)
        return self

    @property
    def is_generator(self) -> bool:
        """Whether the step generates rows without input."""
        return isinstance(self, GeneratorStep)

    @property
    def _needs_all_rows(self) -> bool:
        """Whether `process` receives all rows at once."""
        return self.is_global

    @property
    def is_global(self) -> bool:
        """Whether the step needs all rows at once."""
        return isinstance(self, GlobalStep)

    @property
    def is_normal(self) -> bool:
        """Whether the step is neither a generator nor a global step."""
        return not self.is_generator and not self.is_global

    @cached_property
    def process_parameters(self) -> list[inspect.Parameter]:
        """The parameters of `process`, with resolved annotations where possible."""
        return annotated_parameters(self.process)  # type: ignore[attr-defined]

    def has_multiple_inputs(self) -> bool:
        """Returns True if the step accepts several predecessors (`*inputs: StepInput`)."""
        parameter = self.get_process_step_input()
        return parameter is not None and parameter.kind is parameter.VAR_POSITIONAL

    def get_process_step_input(self) -> inspect.Parameter | None:
        """Returns the parameter of `process` annotated `StepInput`; None if there is none.

        Raises:
            DistilabelTypeError: If several parameters are annotated.
        """
        marked = [p for p in self.process_parameters if is_step_input(p.annotation)]
        if len(marked) > 1:
            raise DistilabelTypeError(
                f"{self.name}: `process` has {len(marked)} parameters annotated StepInput. "
                "Use a single `*inputs: StepInput` for several predecessors."
            )
        return marked[0] if marked else None

    def get_inputs(self) -> dict[str, bool]:
        """Returns the input columns, mappings applied: name → whether it is required."""
        return {self.input_mappings.get(n, n): r for n, r in _columns(self.inputs).items()}

    def get_outputs(self) -> dict[str, bool]:
        """Returns the output columns, mappings applied: name → whether every row has it."""
        return {self.output_mappings.get(n, n): r for n, r in self._declared_outputs().items()}

    def _declared_outputs(self) -> dict[str, bool]:
        """Returns the output columns, mappings not applied: name → whether every row has it."""
        return _columns(self.outputs)

    def _known_outputs(self) -> dict[str, bool]:
        """Like `get_outputs`, but without network or file access; empty if that is required."""
        return self.get_outputs()

    def verify_inputs_mappings(self) -> None:
        """Checks that the keys of `input_mappings` are input columns of the step.

        Raises:
            DistilabelUserError: If a key is not an input column.
        """
        self._verify_mappings(self.input_mappings, "input_mappings", list(_columns(self.inputs)))

    def verify_outputs_mappings(self) -> None:
        """Checks that the keys of `output_mappings` are output columns of the step.

        Raises:
            DistilabelUserError: If a key is not an output column.
        """
        self._verify_mappings(self.output_mappings, "output_mappings", [*self._declared_outputs()])

    def _verify_mappings(self, mappings: dict[str, str], which: str, known: list[str]) -> None:
        for name in mappings:
            if known and name not in known:
                raise DistilabelUserError(
                    f"{self.name}: {which} has unknown column {name!r}, {close_names(name, known)}",
                )

    def impute_step_outputs(self, step_output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Returns copies of rows in which all output columns of the step are None."""
        empty = dict.fromkeys(self.get_outputs())
        return [{**row, **empty} for row in step_output]

    # Not `models` or `_models`: a subclass may well have a field of that name.
    def _all_models(self) -> list[LLM]:
        """Returns the models in the fields of this step, each once, that of `llm` first.

        A field holds a model, or a list or tuple of models. Models that these ask follow.
        """
        from distilabel.models.llms.base import LLM

        values = [getattr(self, "llm", None)]
        for name, value in vars(self).items():
            if name in type(self).model_fields:
                values += value if isinstance(value, (list, tuple)) else [value]
        models = [value for value in values if isinstance(value, LLM)]
        models += [part for model in models for part in model._parts]
        return list({id(model): model for model in models}.values())

    def _asked(self, llm: LLM) -> LLM:
        """Returns the model that is asked in the place of one in a field of this step."""
        return llm

    @property
    def _mappings(self) -> ColumnMappings:
        return ColumnMappings(self.input_mappings, self.output_mappings)

    def dump(self, **kwargs: Any) -> dict[str, Any]:
        """Returns the step as plain data, with `runtime_parameters_info` added."""
        data = super().dump(**kwargs)
        info = data.pop(TYPE_INFO_KEY)
        data["runtime_parameters_info"] = self.get_runtime_parameters_info()
        return {**data, TYPE_INFO_KEY: info}


class Step(_Step, ABC):
    """A step that turns rows into rows, one batch at a time.

    A subclass defines the properties `inputs` and `outputs` and a method `process`, which takes
    one parameter annotated `StepInput` (or `*inputs: StepInput` for several predecessors) and
    yields a list of rows.

    Attributes:
        input_batch_size: Rows per batch that `process` receives.
        on_error: How to handle rows the step fails on: `"null"` passes them on with None in the
            output columns, `"drop"` drops them, `"raise"` ends the run. None for the pipeline's
            setting.
    """

    on_error: Annotated[Optional[OnError], DumpIfSet] = None
    input_batch_size: RuntimeParameter[PositiveInt] = Field(
        default=DEFAULT_INPUT_BATCH_SIZE, description="Rows per batch that `process` receives."
    )

    # Typed loosely, because a subclass may take one list of rows or one per predecessor.
    @abstractmethod
    def process(self, *inputs: Any, **kwargs: Any) -> StepOutput:
        """Turns a batch of rows into rows.

        Args:
            inputs: One list of rows per predecessor.

        Yields:
            Lists of rows.
        """

    def process_applying_mappings(self, *args: list[dict[str, Any]]) -> StepOutput:
        """Runs `process` on rows with the column names of the pipeline.

        Args:
            args: One list of rows per predecessor.

        Yields:
            Lists of rows, with the column names of the pipeline.
        """
        mappings = self._mappings
        if not mappings:
            yield from self.process(*args)
            return
        inputs = [[mappings.to_step(row) for row in batch] for batch in args]
        hidden = [mappings.hidden_columns(row) for row in args[0]] if len(args) == 1 else []
        for rows in self.process(*inputs):
            yield [
                mappings.to_pipeline(row, hidden[i % len(hidden)] if hidden else {})
                for i, row in enumerate(rows)
            ]


class GeneratorStep(_Step, ABC):
    """A step that generates or loads rows.

    A subclass defines the property `outputs` and a method `process(offset)` that yields pairs: a
    list of rows, and whether it is the last.

    Attributes:
        batch_size: Rows per batch.
    """

    batch_size: RuntimeParameter[PositiveInt] = Field(default=50, description="Rows per batch.")

    # True if no other object refers to the rows it yields or to the values in them.
    _yields_new_rows: ClassVar[bool] = False

    def _known_length(self) -> int | None:
        """Returns how many rows the step generates; None if unknown before the run."""
        return None

    @abstractmethod
    def process(self, offset: int = 0) -> GeneratorStepOutput:
        """Generates rows.

        Args:
            offset: Rows to skip because an earlier run generated them.

        Yields:
            A list of rows, and whether it is the last.
        """

    def process_applying_mappings(self, offset: int = 0) -> GeneratorStepOutput:
        """Runs `process` and renames columns with `output_mappings`."""
        mappings = ColumnMappings({}, self.output_mappings)
        for rows, last in self.process(offset=offset):
            yield ([mappings.to_pipeline(row, {}) for row in rows] if mappings else rows), last


class GlobalStep(Step, ABC):
    """A step that receives all rows at once."""
