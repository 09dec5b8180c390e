"""Kept answers: where they are, and asking for them alone, which needs no waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, cast

import orjson

from distilabel.models.client.in_flight import KeyLocks

if TYPE_CHECKING:
    from distilabel.models.client.times import OccurrenceCounter
    from distilabel.typing import FormattedInput, GenerateOutput


class AnswerStore(KeyLocks, Protocol):
    """Where answers are kept."""

    @property
    def held_before(self) -> bool:
        """Whether anything was kept before this run."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """The answer kept under `key`, if any."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Keeps an answer; returns when it is safe."""
        ...


class NotStored(BaseException):
    """A question has no kept answer: it has to be asked."""


def stored_output(answers: AnswerStore | None, key: bytes) -> GenerateOutput | None:
    """The output that is kept under a key; none if a bad disk has spoilt it: it is asked again."""
    value = answers.get(key) if answers is not None else None
    try:
        return None if value is None else cast("GenerateOutput", orjson.loads(value))
    except orjson.JSONDecodeError:
        return None


def replayed(
    read: Callable[[], GenerateOutput | None], times: OccurrenceCounter, question: bytes
) -> GenerateOutput:
    """The kept answer to a question; where there is none, it has not been asked either.

    Args:
        read: gives the answer, if it is kept.
        times: where the question was counted.
        question: its digest.

    Raises:
        NotKept: there is no answer.
    """
    try:
        output = read()
        if output is None:
            raise NotStored
    except BaseException:
        times.forget(question)
        raise
    return output


class ReplayClient:
    """Answers from what a door has kept; a question that would have to be asked ends the work.

    Args:
        kept: gives the kept answer to a question: what is asked, how many generations, arguments.
        kept_again: gives that to a question asked again: what is asked, how often before and for
            which generation, and whether an answer can be read.

    Attributes:
        is_over: whether the work is done or given up.
    """

    def __init__(
        self,
        kept: Callable[[FormattedInput, int, dict[str, Any]], GenerateOutput],
        kept_again: Callable[
            [FormattedInput, tuple[int, int], Callable[[GenerateOutput], bool]], GenerateOutput
        ],
    ) -> None:
        self._kept = kept
        self._kept_again = kept_again
        self.is_over = False

    async def __call__(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """The kept answer to a question."""
        self._go_on()
        return self._kept(input, num_generations, kwargs)

    async def again(
        self,
        input: FormattedInput,
        attempt: int,
        which: int,
        is_readable: Callable[[GenerateOutput], bool],
    ) -> GenerateOutput:
        """The kept answer to a question that was asked again, if it can be read."""
        self._go_on()
        return self._kept_again(input, (attempt, which), is_readable)

    def _go_on(self) -> None:
        if self.is_over:
            # In a task that the work has started for it, and nobody waits for that any more.
            raise asyncio.CancelledError
