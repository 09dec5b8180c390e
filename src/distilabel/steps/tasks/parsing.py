"""Reading answers: texts become columns, and what cannot be read is asked for again.

Knows how often a task may ask again; not where answers are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from distilabel.errors import AnswerError
from distilabel.steps.tasks.generations import iterate_generations_with_stats

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM
    from distilabel.typing import FormattedInput, GenerateOutput


Row = dict[str, Any]


class Reader(Protocol):
    """A task, as far as it reads."""

    llm: LLM
    parse_retries: int | None

    def format_output(self, output: str | None, input: Row | None = None) -> Row:
        """Turns the model's text into columns."""
        ...

    def _all_outputs(self) -> list[str]: ...

    def _is_unusable(self, columns: Row) -> bool: ...


@dataclass(slots=True)
class Reading:
    """One generation, and what was read in it.

    Attributes:
        text: of the model; None if it gave none.
        statistics: of the generation, by name.
        extra: what else the model gave for it, by name.
        columns: read in the text.
        wrong: why it could not be read; None if it could.
        attempts: how often it was asked for.
    """

    text: str | None
    statistics: dict[str, Any]
    extra: dict[str, Any]
    columns: dict[str, Any]
    wrong: str | None = None
    attempts: int = 1


def read(task: Reader, output: GenerateOutput, row: Row | None) -> list[Reading]:
    """Reads an answer, one generation after the other."""
    return [
        Reading(text, statistics, extra, *_columns(task, text, row))
        for text, statistics, extra in iterate_generations_with_stats(output)
    ]


def _columns(task: Reader, text: str | None, row: Row | None) -> tuple[dict[str, Any], str | None]:
    """The columns of one generation, and what was wrong with it if it could not be read."""
    try:
        columns = dict(task.format_output(text, row))
    except Exception as error:  # noqa: BLE001 (whatever a parser raises means: unreadable)
        return dict.fromkeys(task._all_outputs()), f"{type(error).__name__}: {error}"
    if text is not None and task._is_unusable(columns):
        return columns, "nothing of what was asked for is in it"
    return columns, None


async def ask_again(
    task: Reader, ask: Any, prompt: FormattedInput, row: Row, readings: list[Reading]
) -> list[Reading]:
    """Asks again for what could not be read, up to `parse_retries` times.

    Args:
        task: that reads.
        ask: what it asks with. Without a method `again`, nothing is asked again.
        prompt: the question.
        row: it is about.
        readings: of the first answer.

    Returns:
        One reading per generation. Those that cannot be read in the end are of the last text.
    """
    # A batch job of its own for a few rows may take a day.
    if not hasattr(ask, "again") or task.llm.use_offline_batch_generation:
        return readings
    return [
        await _asked_again(task, ask, prompt, row, reading, which)
        # Where there is no text there is nothing to read, and why not is known.
        if reading.wrong is not None and reading.text is not None
        else reading
        for which, reading in enumerate(readings)
    ]


async def _asked_again(
    task: Reader, ask: Any, prompt: FormattedInput, row: Row, reading: Reading, which: int
) -> Reading:
    """What is read in the end of a generation that could not be read at first."""

    def is_readable(answer: GenerateOutput) -> bool:
        return read(task, answer, row)[0].wrong is None

    for attempt in range(1, 1 + (task.parse_retries or 0)):
        try:
            answer = await ask.again(prompt, attempt, which, is_readable)
        except AnswerError as error:
            # What came is more than nothing: its text is what the failure is about.
            reading.attempts += error.attempts
            break
        reading = read(task, answer, row)[0]
        reading.attempts = attempt + 1
        if reading.wrong is None:
            break
    return reading


def all_none(columns: dict[str, Any], names: Iterable[str]) -> bool:
    """Whether some columns hold nothing but None, alone or in lists.

    An empty list holds no None: there was nothing to say.
    """
    return all(_is_nothing(columns.get(name)) for name in names)


def _is_nothing(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_nothing, value))
    return value is None
