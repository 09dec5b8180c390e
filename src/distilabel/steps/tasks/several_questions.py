"""`SeveralQuestionsTask`: a task that asks several questions about a row and joins the answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, List

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.steps.tasks.base import Ask, Row, Task
from distilabel.steps.tasks.parsing import ParsedGeneration, parse_output, retry_unparsed
from distilabel.steps.tasks.reasoning import NO_TEXT, REASONING
from distilabel.steps.tasks.return_checks import check_prompt

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM
    from distilabel.typing import FormattedInput


@dataclass(frozen=True, slots=True)
class Question:
    """One of the questions about a row.

    Attributes:
        prompt: Prompt of the question.
        columns: Names of the values that are parsed from its answer.
        parse: Parses the text of an answer; it raises ValueError if the text cannot be parsed.
    """

    prompt: FormattedInput
    columns: Sequence[str]
    parse: Callable[[str], Dict[str, Any]]


class _QuestionParser:
    """Stands in for the task where the answer to one of its questions is parsed."""

    def __init__(self, task: Task, question: Question) -> None:
        self.llm: LLM = task.llm
        self.parse_retries: int | None = task.parse_retries
        self.add_reasoning: bool | None = task.add_reasoning
        self._question = question

    @property
    def outputs(self) -> List[str]:
        return list(self._question.columns)

    def format_output(self, output: str | None, input: Row | None = None) -> Row:
        if output is None:
            return dict.fromkeys(self._question.columns)
        return self._question.parse(output)

    def _parsed_outputs(self) -> list[str]:
        return self.outputs

    def _is_unusable(self, columns: Row) -> bool:
        return False


class SeveralQuestionsTask(Task, ABC):
    """Asks the questions of `_questions` about a row, and joins what was parsed from the answers.

    `distilabel_metadata` has the texts, prompts and statistics of all questions, as lists. A
    generation fails if the answer to one of its questions cannot be parsed.
    """

    @abstractmethod
    def _questions(self, row: Row) -> list[Question]:
        """Returns the questions about a row; if there is one, the row is asked about as usual."""

    def _goes_on(self, parts: list[Row]) -> bool:
        """Returns whether the next question is asked.

        Args:
            parts: What was parsed from the answers so far, of one generation.
        """
        return True

    @abstractmethod
    def _joined(self, parts: list[Row]) -> Row:
        """Returns the output columns.

        Args:
            parts: What was parsed from the answer to each question that was asked, in order; None
                for each value of an answer that could not be parsed.
        """

    def _run_aprocess(self, row: Row, ask: Ask) -> Coroutine[Any, Any, list[Row]]:
        # The reasoning of every answer is joined here, as the texts are.
        return self.aprocess(row, ask)

    async def aprocess(self, row: Row, ask: Ask) -> List[Row]:
        """Asks all questions about a row.

        Args:
            row: Row with the columns of `inputs`.
            ask: Asks the model one question.

        Returns:
            `row` with the output columns added, once per generation unless `group_generations` is
            True.
        """
        questions = self._questions(row)
        if len(questions) == 1:
            return await super().aprocess(row, ask)
        answers = []
        for question in questions:
            check_prompt(self.name, question.prompt)
            parser = _QuestionParser(self, question)
            output = await ask(question.prompt, self.num_generations or 1)
            parsed = parse_output(parser, output, row)
            if any(generation.error is not None for generation in parsed):
                parsed = await retry_unparsed(parser, ask, question.prompt, row, parsed)
            answers.append(parsed)
            so_far = zip(*answers, strict=True)
            if not any(self._goes_on([part.columns for part in parts]) for parts in so_far):
                break
        prompts = [
            question.prompt[0] if isinstance(question.prompt, tuple) else question.prompt
            for question in questions[: len(answers)]
        ]
        generations = [
            self._one_generation(list(parts), prompts) for parts in zip(*answers, strict=True)
        ]
        return self._rows_from(row, questions[0].prompt, generations)

    def _one_generation(
        self, parts: list[ParsedGeneration], prompts: list[Any]
    ) -> ParsedGeneration:
        columns = self._joined([part.columns for part in parts])
        metadata: dict[str, Any] = {}
        if self.add_raw_output:
            metadata[f"raw_output_{self.name}"] = [part.text for part in parts]
        if self.add_raw_input:
            metadata[f"raw_input_{self.name}"] = prompts
        columns[DISTILABEL_METADATA_KEY] = metadata
        failed = next((part for part in parts if part.text is None or part.error), None)
        names = dict.fromkeys(name for part in parts for name in part.statistics)
        extra: dict[str, Any] = {}
        if any(part.extra.get(REASONING) for part in parts):
            extra[REASONING] = [part.extra.get(REASONING) for part in parts]
        return ParsedGeneration(
            (failed or parts[0]).text,
            {name: [part.statistics.get(name) for part in parts] for name in names},
            extra,
            columns,
            None if failed is None else failed.error or NO_TEXT,
            sum(part.attempts for part in parts),
        )

    def _metadata(
        self,
        columns: dict[str, Any],
        text: str | None,
        prompt: FormattedInput | None,
        statistics: dict[str, Any] | None,
    ) -> dict[str, Any]:
        own = columns.get(DISTILABEL_METADATA_KEY)
        metadata = super()._metadata(columns, text, prompt, statistics)
        return {**metadata, **own} if isinstance(own, Mapping) else metadata
