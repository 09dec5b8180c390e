"""`Task` and its kin: a step that asks a model, one coroutine per row.

    row -> format_input -> ask -> format_output -> rows

A task of several turns overrides `aprocess` with plain sequential code. The synchronous `process`
of the public contract is derived from it once, here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Dict,
    List,
    Optional,
    Protocol,
    Self,
    Union,
)

from pydantic import Field, NonNegativeInt, model_validator

from distilabel._core.serialization import DumpIfSet
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError, FailureRecord
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.client.lifecycle import load_for, unload_for
from distilabel.models.llms.base import LLM
from distilabel.steps.base import GeneratorStep, GlobalStep, Step, StepInput, _Step
from distilabel.steps.tasks.parsing import Reading, ask_again, read
from distilabel.steps.tasks.reasoning import NO_ANSWER, REASONING, Listening, check_column

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from distilabel.typing import (
        ChatType,
        FormattedInput,
        GenerateOutput,
        StepOutput,
    )

Row = Dict[str, Any]


class Ask(Protocol):
    """How a task asks its model; the engine and standalone use each bring their own."""

    async def __call__(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Asks one question; keyword arguments replace those of `generation_kwargs`."""
        ...


class _TaskBase(_Step, ABC):
    """What the kinds of tasks have in common."""

    llm: LLM
    group_generations: bool = False
    add_raw_output: RuntimeParameter[bool] = Field(
        default=True, description="Whether to keep the model's text in distilabel_metadata."
    )
    add_raw_input: RuntimeParameter[bool] = Field(
        default=True, description="Whether to keep the prompt in distilabel_metadata."
    )
    add_reasoning: Annotated[RuntimeParameter[bool], DumpIfSet] = Field(
        default=False,
        description="Whether to keep what the model thought in a column of its own.",
    )
    num_generations: RuntimeParameter[int] = Field(
        default=1, description="Answers to ask for per row."
    )
    use_default_structured_output: bool = False
    parse_retries: Annotated[RuntimeParameter[NonNegativeInt], DumpIfSet] = Field(
        default=1, description="How often an answer that cannot be read is asked for again."
    )

    # What 1.x told by it; here every task can be.
    _can_be_used_with_offline_batch_generation: ClassVar[bool] = False
    # Said by a class whose `process` is derived from a coroutine per row.
    _asked_by_row: ClassVar[bool] = False

    @model_validator(mode="after")
    def _nobody_waits_for_process(self) -> Self:
        if self.process_timeout is not None and asked_by_row(type(self)):
            raise DistilabelUserError(
                f"{type(self).__name__} is asked row by row, as fast as its model allows: set the "
                "`timeout` of its model instead of process_timeout."
            )
        return self

    @property
    def is_global(self) -> bool:
        """Whether questions about all rows wait for each other, as in an offline batch."""
        return super().is_global or bool(self.llm.use_offline_batch_generation)

    @property
    def _needs_all_rows(self) -> bool:
        # Of those that ask in batch jobs, only what brings a `process` of its own does.
        own = isinstance(self, Task) and not asked_by_row(type(self))
        return super().is_global or (own and self.is_global)

    def load(self) -> None:
        """Loads the step, then its model.

        Raises:
            DistilabelUserError: there is no column `reasoning` to keep.
        """
        super().load()
        if self.add_reasoning:
            check_column(self)
        self._set_default_structured_output()
        load_for(self, self.llm)

    def unload(self) -> None:
        """Unloads the model, unless another step still asks it."""
        unload_for(self, self.llm)
        super().unload()

    @abstractmethod
    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Turns the model's text into columns.

        Args:
            output: the text; None if the model gave nothing.
            input: the row it belongs to.

        Returns:
            The output columns. An exception means that the text could not be read: it is asked for
            again, `parse_retries` times, and then all output columns become None.
        """

    def get_structured_output(self) -> Optional[Dict[str, Any]]:
        """The JSON schema that answers follow with `use_default_structured_output`, if any."""
        return None

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Shows the prompt, one panel per message.

        Args:
            sample_input: the prompt to show; that of a row of placeholders if None.
        """
        from distilabel.steps.tasks.prompt_preview import print_prompt

        print_prompt(self, sample_input)

    def _set_default_structured_output(self) -> None:
        schema = self.get_structured_output() if self.use_default_structured_output else None
        if schema is None or getattr(self.llm, "structured_output", None):
            return
        if "structured_output" not in type(self.llm).model_fields:
            raise DistilabelUserError(
                f"{self.name}: {type(self.llm).__name__} has no structured_output; set "
                "use_default_structured_output=False."
            )
        # A model of its own: other tasks may ask the same one, each for its own structure.
        own = self.llm.model_copy()
        own.structured_output = {"format": "json", "schema": schema}  # type: ignore[attr-defined]
        self.__dict__["llm"] = own

    def _made_columns(self) -> dict[str, bool]:
        made = super()._made_columns()
        return {**made, REASONING: True} if self.add_reasoning else made

    # -- from answers to rows ---------------------------------------------------------------

    def _all_outputs(self) -> list[str]:
        outputs = self.outputs
        return [name for name in outputs if name != "model_name"]

    def _is_unread(self, columns: dict[str, Any]) -> bool:
        """Whether columns that `format_output` has read in a text mean that it could not read it.

        A parser that raises where it cannot read need not say more: that is the default. One that
        gives None instead says here for which columns; then the question is asked again, and fails
        as data, as it is and does after an exception. `reading.all_none` helps.
        """
        return False

    def _metadata(
        self,
        columns: dict[str, Any],
        text: str | None,
        prompt: FormattedInput | None,
        statistics: dict[str, Any] | None,
    ) -> dict[str, Any]:
        metadata = dict(columns.get(DISTILABEL_METADATA_KEY) or {})
        if self.add_raw_output:
            metadata[f"raw_output_{self.name}"] = text
        if self.add_raw_input:
            metadata[f"raw_input_{self.name}"] = prompt
        if statistics:
            metadata[f"statistics_{self.name}"] = statistics
        return metadata

    def _rows_from(
        self, row: Row | None, prompt: FormattedInput | None, readings: list[Reading]
    ) -> list[Row]:
        """The rows that one answer makes: one per generation, or one with lists."""
        chat = prompt[0] if isinstance(prompt, tuple) else prompt
        made: list[dict[str, Any]] = []
        for reading in readings:
            columns, text, wrong = reading.columns, reading.text, reading.wrong
            reasoning = reading.extra.pop(REASONING, None)
            for key, value in reading.extra.items():
                columns[f"llm_{self.name}_{key}"] = value
            metadata = self._metadata(columns, text, chat, reading.statistics)
            if self.add_reasoning:
                columns[REASONING] = reasoning
            elif reasoning:
                metadata[f"{REASONING}_{self.name}"] = reasoning
            kind = "UnreadableAnswer"
            if text is None and reasoning:
                kind, wrong = "AnswerError", NO_ANSWER
            if wrong is not None:
                self._logger.warning("%s: the answer could not be read: %s", self.name, wrong)
                metadata[f"error_{self.name}"] = FailureRecord(
                    type=kind, message=wrong, attempts=reading.attempts, raw=text
                )
            if metadata:
                columns[DISTILABEL_METADATA_KEY] = metadata
            made.append(columns)
        base = row or {}
        before = base.get(DISTILABEL_METADATA_KEY)
        for columns in made:
            # What earlier tasks noted stays: each key carries the name of its step.
            if isinstance(before, dict) and DISTILABEL_METADATA_KEY in columns:
                columns[DISTILABEL_METADATA_KEY] = {**before, **columns[DISTILABEL_METADATA_KEY]}
        name = self.llm.model_name
        if self.group_generations:
            grouped = {key: [columns.get(key) for columns in made] for key in (made or [{}])[0]}
            return [{**base, **grouped, "model_name": name}]
        return [{**base, **columns, "model_name": name} for columns in made]

    def _rows_made_of(self, row: Row, ask: Ask) -> Coroutine[Any, Any, list[Row]]:
        """What `aprocess` makes of a row, with what the model thought in all its turns."""
        task: Any = self
        if type(task).aprocess is not Task.aprocess:
            return self._made_in_turns(row, ask)
        made: Coroutine[Any, Any, list[Row]] = task.aprocess(row, ask)
        return made

    async def _made_in_turns(self, row: Row, ask: Ask) -> list[Row]:
        task: Any = self
        listening = Listening(ask)
        made = await task.aprocess(row, listening)
        return listening.noted(made, str(self.name), in_column=bool(self.add_reasoning))

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]:
        """The row that goes on when there is no answer: None in the outputs, and why."""
        try:
            columns = dict(self.format_output(None, row))
        except Exception:  # noqa: BLE001 (a parser need not know what to do without a text)
            columns = dict.fromkeys(self._all_outputs())
        if self.add_reasoning:
            columns[REASONING] = None
        metadata = self._metadata(columns, None, None, None)
        before = row.get(DISTILABEL_METADATA_KEY)
        columns[DISTILABEL_METADATA_KEY] = {
            **(before if isinstance(before, dict) else {}),
            **metadata,
            f"error_{self.name}": FailureRecord({"attempts": None, "raw": None, **error}),
        }
        return [{**row, **columns, "model_name": self.llm.model_name}]


def asked_by_row(cls: type[_TaskBase]) -> bool:
    """Whether a class is asked row by row, and has not brought a `process` of its own."""
    owner = next(c for c in cls.__mro__ if "process" in vars(c))
    return bool(vars(owner).get("_asked_by_row", False))


class Task(_TaskBase, Step, ABC):
    """A step that asks a model about every row.

    A subclass has the properties `inputs` and `outputs` and the methods `format_input` and
    `format_output`; with several turns per row it overrides `aprocess` instead of relying on them.

    Attributes:
        llm: the model.
        group_generations: whether the generations of a row stay one row, with lists.
        add_raw_output: whether to keep the model's text in `distilabel_metadata`.
        add_raw_input: whether to keep the prompt in `distilabel_metadata`.
        add_reasoning: whether to keep what the model thought in a column `reasoning`, instead of
            in `distilabel_metadata`.
        num_generations: answers to ask for per row.
        use_default_structured_output: whether to have answers follow `get_structured_output()`.
        parse_retries: how often an answer that cannot be read is asked for again; 0 is never.
    """

    _asked_by_row: ClassVar[bool] = True

    @abstractmethod
    def format_input(self, input: Dict[str, Any]) -> FormattedInput:
        """Makes the prompt for a row: a conversation, or a pair with a structure, or text."""

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Turns one row into rows, asking the model as often as it takes.

        Args:
            row: with the columns of `inputs`.
            ask: asks the model one question.

        Returns:
            The rows: `row` with the output columns, once per generation unless grouped.
        """
        prompt = self.format_input(row)
        output = await ask(prompt, self.num_generations or 1)
        readings = read(self, output, row)
        if any(reading.wrong is not None for reading in readings):
            readings = await ask_again(self, ask, prompt, row, readings)
        return self._rows_from(row, prompt, readings)

    def process(self, inputs: StepInput) -> StepOutput:
        """Asks about a batch of rows, all of them concurrently.

        Args:
            inputs: the rows.

        Yields:
            The rows with the output columns.
        """
        from distilabel.steps.tasks.sync_process import ask_together, client_for

        yield ask_together(self, inputs, client_for(self.llm))


class GeneratorTask(_TaskBase, GeneratorStep, ABC):
    """A step that makes rows by asking a model."""


class GlobalTask(_TaskBase, GlobalStep, ABC):
    """A step that asks a model about all rows at once."""


TaskLike = Union[Task, GeneratorTask, GlobalTask]
