"""Parses a model's generations into columns, and asks again for those that cannot be parsed.

The task's `format_output` does the parsing. Nothing here depends on where answers are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Protocol

from distilabel.errors import AnswerError
from distilabel.models.wire.reasoning import split_reasoning
from distilabel.models.wire.structure_violation import violation
from distilabel.steps.tasks.reasoning import REASONING, REASONING_WITHOUT_TEXT
from distilabel.steps.tasks.return_checks import OutputShapeError, check_columns

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM
    from distilabel.typing import FormattedInput, GenerateOutput, StepColumns


Row = dict[str, Any]


class ParsingTask(Protocol):
    """The members of a task that parsing uses."""

    llm: LLM
    parse_retries: int | None
    add_reasoning: bool | None

    @property
    def outputs(self) -> StepColumns:
        """The output columns."""
        ...

    def format_output(self, output: str | None, input: Row | None = None) -> Row:
        """Turns the model's text into columns."""
        ...

    def _parsed_outputs(self) -> list[str]: ...

    def _is_unusable(self, columns: Row) -> bool: ...


@dataclass(slots=True)
class ParsedGeneration:
    """One generation and the columns parsed from it.

    Attributes:
        text: Text of the generation, with any reasoning in it; None if the model returned none.
        statistics: Statistics of the generation, by name.
        extra: Everything else the model returned for the generation, by name.
        columns: Columns parsed from the text.
        error: Why the text could not be parsed; None if it was.
        attempts: How many times the model was asked for it.
        may_parse_another: Whether another answer may be parsed; not if the code of the task is
            wrong.
    """

    text: str | None
    statistics: dict[str, Any]
    extra: dict[str, Any]
    columns: dict[str, Any]
    error: str | None = None
    attempts: int = 1
    may_parse_another: bool = True


def user_structure(task: ParsingTask, prompt: FormattedInput) -> Any:
    """Returns the structure that the user asked for; a task checks its own in its parser.

    Args:
        task: The task.
        prompt: What its model is asked.
    """
    own = prompt[1] if isinstance(prompt, tuple) else None
    return own or getattr(task.llm, "structured_output", None)


def parse_output(
    task: ParsingTask, output: GenerateOutput, row: Row | None, structure: Any = None
) -> list[ParsedGeneration]:
    """Parses every generation of an output.

    Args:
        task: Task whose `format_output` parses the texts.
        output: Output of the model.
        row: Row the output belongs to.
        structure: `structured_output` that the texts have to follow; None for none.

    Returns:
        One parsed generation per generation, in order.
    """
    parsed = []
    for text, statistics, extra in iterate_generations_with_stats(output):
        answer = text
        if task.add_reasoning and text is not None and not extra.get(REASONING):
            extra[REASONING], answer = split_reasoning(text)
            if extra[REASONING] and not answer:
                answer = None
        columns, error, may_parse_another = _parse_text(task, answer, row)
        if answer is None and text is not None:
            error = REASONING_WITHOUT_TEXT
        if structure and error is None and (fault := violation(answer, structure)):
            columns = dict.fromkeys(task._parsed_outputs())
            error = f"it does not follow structured_output: {fault}"
        parsed.append(
            ParsedGeneration(
                text, statistics, extra, columns, error, may_parse_another=may_parse_another
            )
        )
    return parsed


def _parse_text(
    task: ParsingTask, text: str | None, row: Row | None
) -> tuple[dict[str, Any], str | None, bool]:
    """Returns the columns of one generation, the error if it could not be parsed, and whether
    another answer may be parsed.
    """
    columns: Any = None
    try:
        columns = task.format_output(text, row)
        check_columns(columns, task.outputs)
        columns = dict(columns)
    except OutputShapeError as error:
        empty = dict.fromkeys(task._parsed_outputs())
        return {**empty, **columns} if isinstance(columns, Mapping) else empty, error.message, False
    except Exception as error:  # noqa: BLE001 (any exception of a parser means "cannot be parsed")
        return dict.fromkeys(task._parsed_outputs()), f"{type(error).__name__}: {error}", True
    if text is not None and task._is_unusable(columns):
        return columns, _lacking(columns, task), True
    return columns, None, True


def _lacking(columns: Row, task: ParsingTask) -> str:
    names = task._parsed_outputs()
    missing = [name for name in names if _is_none(columns.get(name))]
    if not missing or len(missing) == len(names):
        return "it contains none of the requested values"
    return f"it contains no value for {', '.join(missing)}"


async def retry_unparsed(
    task: ParsingTask,
    ask: Any,
    prompt: FormattedInput,
    row: Row,
    generations: list[ParsedGeneration],
    structure: Any = None,
) -> list[ParsedGeneration]:
    """Asks again for each generation that could not be parsed, up to `parse_retries` times.

    Args:
        task: Task whose `format_output` parses the texts.
        ask: Asks the model. If it has no method `again`, there are no retries.
        prompt: Prompt of the row.
        row: Row the prompt was made from.
        generations: Parsed generations of the first output.
        structure: `structured_output` that the texts have to follow; None for none.

    Returns:
        One parsed generation per input generation. Those that still cannot be parsed hold the
        last text.
    """
    # In a batch job, a retry for a few rows may take a day.
    if not hasattr(ask, "again") or task.llm.use_offline_batch_generation:
        return generations
    return [
        await _retry(task, ask, prompt, row, generation, index, structure)
        if _is_worth_retrying(generation)
        else generation
        for index, generation in enumerate(generations)
    ]


def _is_worth_retrying(generation: ParsedGeneration) -> bool:
    if generation.error is None or generation.text is None:
        # Without a text there is nothing to parse, and its error is already known.
        return False
    if not generation.may_parse_another:
        return False
    # An answer that was cut off while the model reasoned would be cut off again.
    was_cut_off = generation.statistics.get("finish_reason") == "length"
    return not (was_cut_off and REASONING_WITHOUT_TEXT in generation.error)


async def _retry(
    task: ParsingTask,
    ask: Any,
    prompt: FormattedInput,
    row: Row,
    generation: ParsedGeneration,
    index: int,
    structure: Any,
) -> ParsedGeneration:
    """Asks again for one generation until it can be parsed or no retries are left."""

    def is_readable(output: GenerateOutput) -> bool:
        return parse_output(task, output, row, structure)[0].error is None

    retries = (structure or {}).get("max_retries")
    for attempt in range(1, 1 + ((task.parse_retries if retries is None else retries) or 0)):
        try:
            output = await ask.again(prompt, attempt, index, is_readable)
        except AnswerError as error:
            # Keep the text received before: the failure record quotes it.
            generation.attempts += error.attempts
            break
        generation = parse_output(task, output, row, structure)[0]
        generation.attempts = attempt + 1
        if generation.error is None:
            break
    return generation


def normalize_statistics(output: GenerateOutput) -> dict[str, list[Any]]:
    """Repeats shorter lists of statistics until there is one value per generation.

    Args:
        output: Output of the model.

    Returns:
        Name of each statistic → one value per generation.
    """
    count = len(output["generations"])
    # Models may report a single number for all generations instead of a list.
    statistics: dict[str, Any] = {
        name: values if isinstance(values, (list, tuple)) else [values]
        for name, values in (output.get("statistics") or {}).items()
    }
    if count == 1:
        return {name: values or [None] for name, values in statistics.items()}
    return {
        name: list(islice(cycle(values), count)) if values else [None] * count
        for name, values in statistics.items()
    }


def iterate_generations_with_stats(
    outputs: GenerateOutput,
) -> Iterator[tuple[str | None, dict[str, Any], dict[str, Any]]]:
    """Iterates over the generations of one output.

    Args:
        outputs: Output of the model.

    Yields:
        The text, its statistics (name → value), and its other values such as `logprobs` and
        `reasoning` (name → value).
    """
    statistics = normalize_statistics(outputs)
    others: dict[str, Any] = {
        k: v for k, v in outputs.items() if k not in ("generations", "statistics")
    }
    for i, text in enumerate(outputs["generations"]):
        yield (
            text,
            {name: values[i] for name, values in statistics.items()},
            {name: values[i] for name, values in others.items() if i < len(values)},
        )


def all_none(columns: dict[str, Any], names: Iterable[str]) -> bool:
    """Returns True if the named columns hold only None, alone or in lists.

    An empty list counts as a value.
    """
    return all(_is_none(columns.get(name)) for name in names)


def _is_none(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_none, value))
    return value is None
