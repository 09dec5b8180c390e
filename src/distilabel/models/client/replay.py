"""Answers questions from stored answers alone, at once and without a task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from distilabel.models.client.stored_answers import accept_any

if TYPE_CHECKING:
    from distilabel.models.client.stored_answers import Accept
    from distilabel.typing import FormattedInput, GenerateOutput


class NotStored(BaseException):
    """Raised when a question has no stored answer and would have to be sent to the model."""


class ReplayClient:
    """Takes the place of a `ModelClient` in work that may only use stored answers.

    Args:
        answer: Returns the stored answer to a question, or raises `NotStored`. Gets this object,
            the question, the number of generations, the generation arguments, the retry as for
            `CacheKeys.of`, and whether an output is acceptable.

    Attributes:
        questions: Digests of the questions counted so far.
        outputs: Their answers.
        is_over: Whether the work is done or abandoned.
    """

    def __init__(
        self,
        answer: Callable[
            [ReplayClient, FormattedInput, int, dict[str, Any], tuple[int, int] | None, Accept],
            GenerateOutput,
        ],
    ) -> None:
        self._answer = answer
        self.questions: list[bytes] = []
        self.outputs: list[GenerateOutput] = []
        self.is_over = False

    async def __call__(
        self, input: FormattedInput, num_generations: int = 1, **kwargs: Any
    ) -> GenerateOutput:
        """Returns the stored answer to a question, as `ModelClient.__call__`."""
        self._check()
        return self._answer(self, input, num_generations, kwargs, None, accept_any)

    async def again(
        self,
        input: FormattedInput,
        attempt: int,
        which: int,
        is_readable: Accept,
        **kwargs: Any,
    ) -> GenerateOutput:
        """Returns the stored answer to a question that was asked again, as `ModelClient.again`."""
        self._check()
        return self._answer(self, input, 1, kwargs, (attempt, which), is_readable)

    def _check(self) -> None:
        if self.is_over:
            # The caller is a task that the abandoned work has started; nothing awaits it.
            raise asyncio.CancelledError
