"""`Engine`: what runs a model inside the process of its own, and `Question`, what it is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar


class Question:
    """One question to an engine, answered once.

    Args:
        number: Its number.
        method: Method of the engine that answers it.
        payload: What is asked, as the method expects it.
        on_answer: Called with number and answer.
        on_error: Called with number and error.

    Attributes:
        number: Its number.
        method: Method of the engine that answers it.
        payload: What is asked.
        is_done: Whether it has an answer or an error.
    """

    def __init__(
        self,
        number: int,
        method: str,
        payload: Any,
        on_answer: Callable[[int, Any], None],
        on_error: Callable[[int, BaseException], None],
    ) -> None:
        self.number = number
        self.method = method
        self.payload = payload
        self.is_done = False
        self._on_answer = on_answer
        self._on_error = on_error

    def answer(self, value: Any) -> None:
        """Answers it.

        Args:
            value: The answer, which can be pickled.
        """
        if not self.is_done:
            self.is_done = True
            self._on_answer(self.number, value)

    def fail(self, error: BaseException) -> None:
        """Reports that there is no answer.

        Args:
            error: Why.
        """
        if not self.is_done:
            self.is_done = True
            self._on_error(self.number, error)


class Engine(ABC):
    """Runs one model; lives in the process of the engine, in its main thread.

    A subclass lists in `METHODS` the methods that answer questions. Such a method gets the
    questions that wait together, and answers each by `Question.answer` or `Question.fail`; if it
    raises, the questions that are left fail.

    Args:
        subject: Class and name of the model, for messages.
        note: Reports a fact during the start, such as the size of the weights (`"bytes"`).

    Attributes:
        more: Returns the questions for a method that have arrived since, without waiting.
    """

    METHODS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *, subject: str, note: Callable[[str, Any], None]) -> None:
        self.subject = subject
        self.note = note
        self.more: Callable[[str], list[Question]] = lambda method: []

    @abstractmethod
    def start(self) -> dict[str, Any]:
        """Loads the model.

        Returns:
            Facts about the loaded model.

        Raises:
            ImportError: A package is missing.
            DistilabelUserError: The model cannot be loaded; the message says why.
        """
