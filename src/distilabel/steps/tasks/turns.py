"""Asks one of several questions about a row, and again if its answer cannot be parsed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.errors import AnswerError
from distilabel.models.wire.reasoning import split_reasoning

if TYPE_CHECKING:
    from distilabel.steps.tasks.ask import Ask
    from distilabel.typing import FormattedInput, GenerateOutput

_T = TypeVar("_T")


@dataclass(slots=True)
class Turns:
    """Asks the questions of a row, and collects the token counts of the answers.

    Attributes:
        ask: Asks the model.
        step: Name of the task.
        retries: How often to ask again for an answer that cannot be parsed.
        statistics: Name of each statistic → its values, one per answer.
    """

    ask: Ask
    step: str
    retries: int
    statistics: dict[str, list[Any]] = field(default_factory=dict)

    async def next(
        self, prompt: FormattedInput, read: Callable[[str], _T], what: str, **kwargs: Any
    ) -> _T:
        """Asks the next question.

        Args:
            prompt: Prompt of the question.
            read: Parses the answer; it raises ValueError if it cannot.
            what: What the answer is, for errors, such as "evolution 2 of 3".
            kwargs: Generation arguments; they override those in `generation_kwargs`.

        Returns:
            What `read` returned.

        Raises:
            AnswerError: If the model returns no text, or none that can be parsed.
        """
        output = await self.ask(prompt, **kwargs)
        again = getattr(self.ask, "again", None) if not kwargs else None
        attempts = 0
        while True:
            text = output["generations"][0] if output["generations"] else None
            if text is None:
                raise AnswerError(
                    f"{self.step}: the model returned no text for {what}. Run again to retry this "
                    "row.",
                    has_no_text=True,
                )
            try:
                value = read(text)
            except ValueError as error:
                attempts += 1
                if again is None or attempts > self.retries:
                    raise self._unreadable(error, what, text, attempts) from None
            else:
                self._add(output)
                return value
            output = await again(prompt, attempts, 0, lambda output: _is_readable(output, read))

    def _unreadable(self, error: ValueError, what: str, text: str, attempts: int) -> AnswerError:
        wrong = AnswerError(
            f"{self.step}: the answer for {what} could not be parsed: {error}. Run again to retry "
            "this row.",
            raw=text,
        )
        wrong.attempts = attempts
        return wrong

    def _add(self, output: GenerateOutput) -> None:
        usage: dict[str, Any] = dict(output.get("statistics") or {})
        for name, values in usage.items():
            self.statistics.setdefault(name, []).extend(values)

    def added_to(self, row: dict[str, Any], key: str) -> dict[str, Any]:
        """Returns a row with the token counts in its metadata, if there are any.

        Args:
            row: Output row.
            key: Key of the counts in the metadata.
        """
        if not self.statistics:
            return row
        metadata = row.get(DISTILABEL_METADATA_KEY)
        before = metadata if isinstance(metadata, dict) else {}
        return {**row, DISTILABEL_METADATA_KEY: {**before, key: self.statistics}}


def _is_readable(output: GenerateOutput, read: Callable[[str], Any]) -> bool:
    # Before the reasoning is taken out of the text.
    _, answer = split_reasoning(output["generations"][0] if output["generations"] else None)
    if answer is None:
        return False
    try:
        read(answer)
    except ValueError:
        return False
    return True
