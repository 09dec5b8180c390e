"""Answers without a text: among several questions, they are None for their question alone."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from distilabel.errors import AnswerError

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

_log = logging.getLogger("distilabel.llm")


async def answer_or_error(
    answer: Coroutine[Any, Any, GenerateOutput],
) -> GenerateOutput | AnswerError:
    """Returns an answer, or the error that says that it has no text.

    Args:
        answer: Coroutine that answers one question.

    Raises:
        AnswerError: There is no answer at all.
    """
    try:
        return await answer
    except AnswerError as error:
        if not error.has_no_text:
            raise
        return error


def outputs_with_none(
    answers: Sequence[GenerateOutput | AnswerError], count: int, step: str
) -> list[GenerateOutput]:
    """Returns one output per question, with None for texts that are missing.

    Args:
        answers: What `answer_or_error` returned.
        count: Number of generations of each.
        step: Name of the step that asked, for the warning.
    """
    missing = [answer for answer in answers if isinstance(answer, AnswerError)]
    if missing:
        subject = f"{step}: " if step else ""
        _log.warning(
            "%s%d of %d answers have no text and are None: %s",
            subject,
            len(missing),
            len(answers),
            missing[0].message,
        )
    return [
        {"generations": [None] * count, "statistics": dict(answer.statistics or {})}
        if isinstance(answer, AnswerError)
        else answer
        for answer in answers
    ]


def generations_with_none(
    answers: Sequence[GenerateOutput | AnswerError],
) -> list[GenerateOutput]:
    """Returns the generations of one question, with None for those without a text.

    Args:
        answers: What `answer_or_error` returned for each generation.

    Raises:
        AnswerError: None of them has a text.
    """
    if all(isinstance(answer, AnswerError) for answer in answers):
        first: Any = answers[0]
        raise first
    return [
        {"generations": [None], "statistics": dict(answer.statistics or {})}
        if isinstance(answer, AnswerError)
        else answer
        for answer in answers
    ]
