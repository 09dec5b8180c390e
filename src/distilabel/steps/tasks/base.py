"""`Task`, `GeneratorTask` and `GlobalTask`: steps that ask a model.

A `Task` runs one coroutine per row:

    row -> format_input -> ask -> format_output -> rows

A task with several turns overrides `aprocess` with plain sequential code. The synchronous
`process` of the public contract is derived from `aprocess` here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Dict,
    List,
    Optional,
    Self,
    Union,
)

from pydantic import Field, NonNegativeInt, PositiveInt, PrivateAttr, model_validator

from distilabel._core.deprecations import module_getattr
from distilabel._core.serialization import DumpIfSet
from distilabel._core.user_faults import USER_FAULTS
from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import DistilabelUserError, FailureRecord
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.client.lifecycle import load_for, structured_copy, unload_for
from distilabel.models.llms.base import LLM
from distilabel.steps.base import GeneratorStep, GlobalStep, Step, StepInput, _Step
from distilabel.steps.tasks.ask import Ask as Ask
from distilabel.steps.tasks.parsing import (
    ParsedGeneration,
    parse_output,
    retry_unparsed,
    user_structure,
)
from distilabel.steps.tasks.parsing import (
    iterate_generations_with_stats as iterate_generations_with_stats,
)
from distilabel.steps.tasks.parsing import normalize_statistics as normalize_statistics
from distilabel.steps.tasks.reasoning import (
    NO_TEXT,
    REASONING,
    REASONING_WITHOUT_TEXT,
    TOOL_CALLS,
    ReasoningRecorder,
    check_reasoning_column,
)
from distilabel.steps.tasks.return_checks import check_prompt

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from distilabel.typing import ChatType, FormattedInput, StepOutput

if not TYPE_CHECKING:
    __getattr__ = module_getattr(__name__, ImageTask="distilabel.steps.tasks.image_task")

Row = Dict[str, Any]


class _TaskBase(_Step, ABC):
    """Base of `Task`, `GeneratorTask` and `GlobalTask`."""

    llm: LLM
    group_generations: bool = False
    add_raw_output: RuntimeParameter[bool] = Field(
        default=True, description="Whether to store the model's text in distilabel_metadata."
    )
    add_raw_input: RuntimeParameter[bool] = Field(
        default=True, description="Whether to store the prompt in distilabel_metadata."
    )
    add_reasoning: Annotated[RuntimeParameter[bool], DumpIfSet] = Field(
        default=False,
        description="Whether to put the model's reasoning into a column of its own.",
    )
    num_generations: RuntimeParameter[PositiveInt] = Field(
        default=1, description="Answers to ask for per row."
    )
    use_default_structured_output: bool = False
    parse_retries: Annotated[RuntimeParameter[NonNegativeInt], DumpIfSet] = Field(
        default=1, description="Times to ask again for an answer that cannot be parsed."
    )

    # The model with the default structured output, while the task is loaded.
    _structured_llm: Optional[LLM] = PrivateAttr(default=None)

    # Read by programs written for 1.x; here, every task supports offline batch generation.
    _can_be_used_with_offline_batch_generation: ClassVar[bool] = False
    # True in a task with several turns that reads each answer behind the reasoning in its text.
    _reads_behind_reasoning: ClassVar[bool] = False
    # True in a class whose `process` is derived from `aprocess`, one coroutine per row.
    _uses_aprocess: ClassVar[bool] = False

    @model_validator(mode="after")
    def _reject_process_timeout(self) -> Self:
        if self.process_timeout is not None and uses_aprocess(type(self)):
            raise DistilabelUserError(
                f"{type(self).__name__}: process_timeout has no effect, because every row is asked "
                "about separately. Set the `timeout` of its model instead."
            )
        return self

    @property
    def is_global(self) -> bool:
        """True if the step needs all rows at once, as it does with offline batch generation."""
        return super().is_global or bool(self.llm.use_offline_batch_generation)

    @property
    def _needs_all_rows(self) -> bool:
        # With batch jobs, only a task that overrides `process` needs its rows in one call.
        overridden = isinstance(self, Task) and not uses_aprocess(type(self))
        return super().is_global or (overridden and self.is_global)

    def load(self) -> None:
        """Loads the step, then its model.

        Raises:
            DistilabelUserError: If `add_reasoning` is True and the task already has an output
                column `reasoning`.
        """
        super().load()
        if self.add_reasoning:
            check_reasoning_column(self)
        self._structured_llm = self._with_default_structured_output()
        asked = self._asked(self.llm)
        if assign := getattr(asked, "_assign", None):  # a model that places itself on GPUs
            assign(str(self.name), self.resources)
        load_for(self, asked)

    def unload(self) -> None:
        """Unloads the model, unless another step still uses it."""
        unload_for(self, self._asked(self.llm))
        self._structured_llm = None
        super().unload()

    @abstractmethod
    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the model's text into columns.

        Raise any exception if the text cannot be parsed: the model is then asked again, up to
        `parse_retries` times. After the last attempt, all output columns are None.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The output columns.
        """

    def get_structured_output(self) -> Optional[Dict[str, Any]]:
        """Returns the JSON schema used with `use_default_structured_output`; None for no schema."""
        return None

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Prints the prompt, one panel per message.

        Args:
            sample_input: Prompt to print; None to make it from a row of placeholders.
        """
        from distilabel.steps.tasks.prompt_preview import print_prompt

        print_prompt(self, sample_input)

    def _asked(self, llm: LLM) -> LLM:
        structured = self._structured_llm
        return structured if structured is not None and llm is self.llm else llm

    def _with_default_structured_output(self) -> LLM | None:
        """Returns a copy of the model that has the structure; None if the model is asked itself."""
        schema = self.get_structured_output() if self.use_default_structured_output else None
        if schema is None or getattr(self.llm, "structured_output", None):
            return None
        if "structured_output" not in type(self.llm).model_fields:
            raise DistilabelUserError(
                f"{self.name}: {type(self.llm).__name__} does not support structured_output. Set "
                "use_default_structured_output=False."
            )
        # A copy: the model is the user's, and tasks that share it may need other schemas.
        return structured_copy(self.llm, {"format": "json", "schema": schema})

    def _declared_outputs(self) -> dict[str, bool]:
        outputs = super()._declared_outputs()
        return {**outputs, REASONING: True} if self.add_reasoning else outputs

    # -- from answers to rows ---------------------------------------------------------------

    def _parsed_outputs(self) -> list[str]:
        """Returns the output columns that `format_output` returns."""
        return [name for name in self.outputs if name != "model_name"]

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        """Returns True if the columns parsed from a text show that it could not be parsed.

        Override this if `format_output` returns None for such texts instead of raising; see
        `parsing.all_none`. They are then handled like an exception in `format_output`: the model
        is asked again, and after the last attempt the row fails.

        Args:
            columns: Columns that `format_output` returned.
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
        self,
        row: Row | None,
        prompt: FormattedInput | None,
        generations: list[ParsedGeneration],
    ) -> list[Row]:
        """Returns one row per generation, or one row with lists if generations are grouped."""
        chat = prompt[0] if isinstance(prompt, tuple) else prompt
        made: list[dict[str, Any]] = []
        for generation in generations:
            columns, text, wrong = generation.columns, generation.text, generation.error
            has_answer = text is not None or bool(generation.extra.get(TOOL_CALLS))
            reasoning = generation.extra.pop(REASONING, None)
            for key, value in generation.extra.items():
                columns[f"llm_{self.name}_{key}"] = value
            metadata = self._metadata(columns, text, chat, generation.statistics)
            if self.add_reasoning:
                columns[REASONING] = reasoning
            elif reasoning:
                metadata[f"{REASONING}_{self.name}"] = reasoning
            kind = "UnreadableAnswer"
            if not has_answer:
                kind, wrong = "AnswerError", REASONING_WITHOUT_TEXT if reasoning else NO_TEXT
                self._logger.warning("%s: %s", self.name, wrong)
            elif wrong is not None:
                self._logger.warning("%s: the answer could not be parsed: %s", self.name, wrong)
            if wrong is not None:
                metadata[f"error_{self.name}"] = FailureRecord(
                    type=kind, message=wrong, attempts=generation.attempts, raw=text
                )
            if metadata:
                columns[DISTILABEL_METADATA_KEY] = metadata
            made.append(columns)
        base = row or {}
        before = base.get(DISTILABEL_METADATA_KEY)
        if isinstance(before, dict) and f"{REASONING}_{self.name}" in before:
            # Of an earlier run: it did not lead to these answers.
            before = {k: v for k, v in before.items() if k != f"{REASONING}_{self.name}"}
        for columns in made:
            # Entries of earlier tasks stay: every key ends with the name of its step.
            if isinstance(before, dict) and DISTILABEL_METADATA_KEY in columns:
                columns[DISTILABEL_METADATA_KEY] = {**before, **columns[DISTILABEL_METADATA_KEY]}
        name = self.llm.model_name
        if self.group_generations:
            grouped = {key: [columns.get(key) for columns in made] for key in (made or [{}])[0]}
            return [{**base, **grouped, "model_name": name}]
        return [{**base, **columns, "model_name": name} for columns in made]

    def _run_aprocess(self, row: Row, ask: Ask) -> Coroutine[Any, Any, list[Row]]:
        """Runs `aprocess` on a row and adds the reasoning of all its turns to the output rows."""
        task: Any = self
        if type(task).aprocess is not Task.aprocess:
            return self._run_turns(row, ask)
        # A single turn: `_rows_from` adds the reasoning.
        rows: Coroutine[Any, Any, list[Row]] = task.aprocess(row, ask)
        return rows

    async def _run_turns(self, row: Row, ask: Ask) -> list[Row]:
        task: Any = self
        splits_texts = bool(self.add_reasoning) or self._reads_behind_reasoning
        recorder = ReasoningRecorder(ask, splits_texts=splits_texts)
        rows = await task.aprocess(row, recorder)
        return recorder.add_to(rows, str(self.name), in_column=bool(self.add_reasoning))

    def _failed_rows(self, row: Row, error: dict[str, Any]) -> list[Row]:
        """Returns the row for a failure: None in the output columns, the error in the metadata."""
        columns = dict.fromkeys(self._parsed_outputs())
        with suppress(*USER_FAULTS):  # a parser may not expect None
            columns.update(self._unanswered(row))
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

    def _unanswered(self, row: Row) -> dict[str, Any]:
        """Returns the columns of a row without an answer; for tasks that parse otherwise."""
        return self.format_output(None, row)


def uses_aprocess(cls: type[_TaskBase]) -> bool:
    """Returns True if a task class processes each row with `aprocess` (it has no own `process`)."""
    owner = next(c for c in cls.__mro__ if "process" in vars(c))
    return bool(vars(owner).get("_uses_aprocess", False))


class Task(_TaskBase, Step, ABC):
    """A step that asks a model about every row.

    A subclass defines the properties `inputs` and `outputs` and the methods `format_input` and
    `format_output`. If a row takes several questions, it overrides `aprocess` as well.

    Attributes:
        llm: Model to ask.
        group_generations: Whether to put all generations of a row into one row, as lists, instead
            of one row per generation.
        add_raw_output: Whether to store the model's text in `distilabel_metadata`.
        add_raw_input: Whether to store the prompt in `distilabel_metadata`.
        add_reasoning: Whether to put the model's reasoning into a column `reasoning`, and to parse
            what the model wrote after it. If False, a `<think>` block stays in the text, and
            reasoning that a server returns apart from the text is stored in `distilabel_metadata`.
        num_generations: Answers to ask for per row.
        use_default_structured_output: Whether answers must follow the JSON schema of
            `get_structured_output()`.
        parse_retries: Times to ask again for an answer that cannot be parsed; 0 disables retries.
    """

    _uses_aprocess: ClassVar[bool] = True

    @abstractmethod
    def format_input(self, input: Dict[str, Any]) -> FormattedInput:
        """Makes the prompt for a row.

        Args:
            input: Row with the columns of `inputs`.

        Returns:
            A conversation, a pair of a conversation and a structured output, or plain text.
        """

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Turns one row into rows, asking the model as often as needed.

        Args:
            row: Row with the columns of `inputs`.
            ask: Asks the model one question.

        Returns:
            `row` with the output columns added, once per generation unless
            `group_generations` is True.
        """
        prompt = self.format_input(row)
        check_prompt(self.name, prompt)
        output = await ask(prompt, self.num_generations or 1)
        structure = user_structure(self, prompt)
        generations = parse_output(self, output, row, structure)
        if any(generation.error is not None for generation in generations):
            generations = await retry_unparsed(self, ask, prompt, row, generations, structure)
        return self._rows_from(row, prompt, generations)

    def process(self, inputs: StepInput) -> StepOutput:
        """Asks about a batch of rows, all of them concurrently.

        Args:
            inputs: Input rows.

        Yields:
            The rows with the output columns added.
        """
        from distilabel.steps.tasks.sync_process import client_for, process_rows

        yield process_rows(self, inputs, client_for(self._asked(self.llm)))


class GeneratorTask(_TaskBase, GeneratorStep, ABC):
    """A step that generates rows by asking a model."""


class GlobalTask(_TaskBase, GlobalStep, ABC):
    """A step that asks a model about all rows at once."""


TaskLike = Union[Task, GeneratorTask, GlobalTask]
