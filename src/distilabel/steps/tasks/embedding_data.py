"""Bases of the tasks that write training data for embedding models, as one JSON object each."""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional, get_args

from distilabel._core.hashing import digest
from distilabel.steps.column_checks import text_in
from distilabel.steps.tasks.base import Ask, Row, Task, _TaskBase
from distilabel.steps.tasks.json_answers import parse_literal_object
from distilabel.steps.tasks.parsing import parse_output, retry_unparsed
from distilabel.steps.tasks.prompt_files import load_prompt
from distilabel.steps.tasks.row_generator import RowGenerator

if TYPE_CHECKING:
    from distilabel.typing import ChatType, StepColumns


class KeyedAnswers(_TaskBase, ABC):
    """Parses an answer that is one JSON object with the texts of the output columns."""

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    @abstractmethod
    def keys(self) -> List[str]:
        """Keys of the object in the answer."""

    @property
    def outputs(self) -> List[str]:
        """The keys of the answer, and `model_name`."""
        return [*self.keys, "model_name"]

    def format_output(
        self, output: Optional[str], input: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Parses the object.

        Args:
            output: Text of the model; None if the model returned none.
            input: Row the text belongs to.

        Returns:
            The output columns; None for each key that is missing.
        """
        found = (parse_literal_object(output) if output is not None else None) or {}
        # Models change the case of keys, and write spaces or hyphens in them.
        plain = {_plain_key(key): value for key, value in found.items()}
        return {key: _text(found.get(key, plain.get(_plain_key(key)))) for key in self.keys}

    def _is_unusable(self, columns: dict[str, Any]) -> bool:
        # One text without the other is no training example.
        return any(columns[key] is None for key in self.keys)

    def get_structured_output(self) -> Dict[str, Any]:
        """Returns the JSON schema: an object with a text per key."""
        return {
            "title": "Example",
            "type": "object",
            "properties": {key: {"type": "string"} for key in self.keys},
            "required": self.keys,
            "additionalProperties": False,
        }

    def _chosen(self, names: List[str], rng: random.Random) -> Dict[str, Any]:
        """Returns the values of fields; for one that is None, one of its choices."""
        values: Dict[str, Any] = {}
        for name in names:
            # Drawn in any case, so that setting one field does not change the others.
            drawn = rng.choice(_choices(type(self), name))
            value = getattr(self, name)
            values[name] = drawn if value is None else value
        return values


class EmbeddingData(KeyedAnswers, Task, ABC):
    """Writes an example for the task in a row."""

    seed: int = 42

    _prompt_file: ClassVar[str]
    _drawn: ClassVar[List[str]] = []

    @property
    def inputs(self) -> StepColumns:
        """`task`."""
        return ["task"]

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Makes the prompt; fields that are None are drawn by `seed` and the task in the row.

        Args:
            input: Input row.

        Returns:
            One user message.

        Raises:
            DistilabelUserError: If the task is not a text.
        """
        task = text_in(self, input, "task")
        rng = random.Random(f"{self.seed}:{digest([task]).hex()}")
        values = {"task": task, "language": getattr(self, "language", None)}
        return render_prompt(self._prompt_file, {**values, **self._chosen(self._drawn, rng)})


class OnePromptGenerator(RowGenerator, ABC):
    """Generates rows from one prompt: one row per generation."""

    _can_be_used_with_offline_batch_generation: ClassVar[bool] = True

    @property
    @abstractmethod
    def prompt(self) -> ChatType:
        """The prompt."""

    def format_input(self, input: Dict[str, Any]) -> ChatType:
        """Returns the prompt.

        Args:
            input: Unused, because there is no input row.
        """
        return self.prompt

    def _known_length(self) -> int | None:
        return 1

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Asks the question, and makes a row of each generation.

        Args:
            row: Row that holds only the row number.
            ask: Asks the model one question.

        Returns:
            The rows.
        """
        prompt = self.prompt
        output = await ask(prompt, self.num_generations or 1)
        generations = parse_output(self, output, {})
        if any(generation.error is not None for generation in generations):
            generations = await retry_unparsed(self, ask, prompt, {}, generations)
        return self._rows_from(None, prompt, generations)

    async def arow(self, number: int, ask: Ask) -> Row:
        """Generates the first row.

        Args:
            number: Row number; there is one prompt only, of number 0.
            ask: Asks the model one question.

        Returns:
            The row.
        """
        return (await self.aprocess({}, ask))[0]

    def print(self, sample_input: Optional[ChatType] = None) -> None:
        """Prints the prompt, one panel per message.

        Args:
            sample_input: Prompt to print; None for the one that is asked.
        """
        super().print(self.prompt if sample_input is None else sample_input)


class TripletGenerator(KeyedAnswers, OnePromptGenerator, ABC):
    """Generates three texts, of which the second is more like the first than the third is."""

    seed: int = 42

    @property
    def keys(self) -> List[str]:
        """`S1`, `S2` and `S3`."""
        return ["S1", "S2", "S3"]

    def _drawn_fields(self) -> Dict[str, Any]:
        names = ["unit", "difficulty", "high_score", "low_score"]
        return self._chosen(names, random.Random(self.seed))


def render_prompt(file: str, values: Dict[str, Any]) -> ChatType:
    """Returns a prompt for embedding data as one user message.

    Args:
        file: Name of the file within `prompts/embedding_data/`, without its ending.
        values: Values of its variables.
    """
    text = load_prompt(f"embedding_data/{file}.jinja2").render(values)
    return [{"role": "user", "content": text.strip()}]


def flattened(row: Row) -> List[Row]:
    """Returns one row per item of the list in the column `task`; the row itself without a list.

    Args:
        row: Row with a list of texts, or with one list per generation.
    """
    found = row["task"]
    lists = found if isinstance(found, list) and list in map(type, found) else [found]
    items = [item for part in lists for item in (part if isinstance(part, list) else [part])]
    return [{**row, "task": item} for item in items]


def _choices(cls: type[KeyedAnswers], name: str) -> List[Any]:
    """Returns the choices of a field of the type `Optional[Literal[...]]`."""
    annotation = cls.model_fields[name].annotation
    return [choice for option in get_args(annotation) for choice in get_args(option)]


def _plain_key(key: Any) -> str:
    return re.sub(r"[\s_-]+", "_", str(key).strip()).casefold()


def _text(value: Any) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)  # a label may be a number
    return value.strip() or None if isinstance(value, str) else None
