"""The main loop of the process of an engine: start it, answer questions, end with the parent."""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any, Final

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.local import messages
from distilabel.models.local.engine import Question

_POLL_SECONDS: Final = 1.0


def main() -> None:
    """Serves the parent over standard input and output, until it closes them."""
    source, writer = _take_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    threading.Thread(target=_exit_with_the_parent, args=(parent,), daemon=True).start()
    start = messages.read_message(source)
    if start is None:
        return
    _, factory, settings, subject = start
    inbox = Inbox()
    threading.Thread(target=_read, args=(source, inbox, writer), daemon=True).start()
    try:
        engine = _class_at(factory)(**settings, subject=subject, note=_Notes(writer))
        facts = engine.start()
    except BaseException as error:  # noqa: BLE001 (reported to the parent)
        writer.write(messages.ERROR, 0, *describe(error))
        return
    writer.write(messages.STARTED, facts)
    serve(engine, inbox)


def serve(engine: Any, inbox: Inbox) -> None:
    """Passes questions to an engine, those that wait together; ends with the process.

    Args:
        engine: The engine, started.
        inbox: The questions.
    """
    while True:
        groups: dict[str, list[Question]] = {}
        for question in inbox.take():
            groups.setdefault(question.method, []).append(question)
        for method, questions in groups.items():
            _answer_all(engine, method, questions, inbox)


def _answer_all(engine: Any, method: str, questions: list[Question], inbox: Inbox) -> None:
    """Passes questions to an engine; those that it leaves unanswered fail."""
    taken = list(questions)

    def more(method: str) -> list[Question]:
        found = inbox.waiting(method)
        taken.extend(found)
        return found

    engine.more = more
    try:
        if method not in engine.METHODS:
            raise DistilabelUserError(f"the engine has no method {method!r}")
        getattr(engine, method)(questions)
    except Exception as error:  # noqa: BLE001 (reported to the parent)
        for question in taken:
            question.fail(error)


class Inbox:
    """Questions that have arrived and are not taken yet."""

    def __init__(self) -> None:
        self._arrived: queue.SimpleQueue[list[Question]] = queue.SimpleQueue()
        self._cancelled: set[int] = set()

    def put(self, questions: list[Question]) -> None:
        """Adds questions, which are taken together."""
        self._arrived.put(questions)

    def cancel(self, number: int) -> None:
        """Drops a question, if it is not taken yet.

        Args:
            number: Number of the question.
        """
        self._cancelled.add(number)

    def take(self) -> list[Question]:
        """Waits for questions, and returns all that are there."""
        questions = self._arrived.get()
        return self._kept([*questions, *self.waiting("")])

    def waiting(self, method: str) -> list[Question]:
        """Returns the questions that are there now, without waiting.

        Args:
            method: Only questions for this method are returned; empty for all.
        """
        found: list[Question] = []
        rest: list[Question] = []
        while True:
            try:
                questions = self._arrived.get_nowait()
            except queue.Empty:
                break
            for question in questions:
                (found if method in ("", question.method) else rest).append(question)
        if rest:
            self._arrived.put(rest)
        return self._kept(found)

    def _kept(self, questions: list[Question]) -> list[Question]:
        kept = [each for each in questions if each.number not in self._cancelled]
        self._cancelled.difference_update(each.number for each in questions)
        return kept


def describe(error: BaseException) -> tuple[str, str, str]:
    """Returns kind, text and traceback of an error, for a message.

    Args:
        error: The error.
    """
    trace = "".join(traceback.format_exception(error))[-4000:]
    if isinstance(error, ImportError):
        return messages.IMPORT, str(error), trace
    if isinstance(error, DistilabelUserError):
        return messages.USER, str(error), trace
    if isinstance(error, AnswerError):
        return messages.QUESTION, str(error), trace
    text = f"{type(error).__name__}: {error}"
    return messages.QUESTION, text if len(text) <= 2000 else f"{text[:2000]}...", trace


class _Notes:
    """Sends facts about the start, for messages of the parent.

    Args:
        writer: To the parent.
    """

    def __init__(self, writer: messages.MessageWriter) -> None:
        self._writer = writer

    def __call__(self, name: str, value: Any) -> None:
        self._writer.write(messages.NOTE, name, value)


def _take_streams() -> tuple[IO[bytes], messages.MessageWriter]:
    """Takes standard input and output for messages; what the engine prints goes to the log."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, messages.MessageWriter(sink)


def _read(source: IO[bytes], inbox: Inbox, writer: messages.MessageWriter) -> None:
    """Reads messages, also while the engine computes; ends the process when the parent is gone."""
    while (message := messages.read_message(source)) is not None:
        kind, content = message
        if kind == messages.CANCEL:
            inbox.cancel(content)
        else:
            answer, error = _answer(writer), _error(writer)
            inbox.put([Question(n, method, asked, answer, error) for n, method, asked in content])
    os._exit(0)


def _answer(writer: messages.MessageWriter) -> Callable[[int, Any], None]:
    return lambda number, value: writer.write(messages.ANSWER, number, value)


def _error(writer: messages.MessageWriter) -> Callable[[int, BaseException], None]:
    return lambda number, error: writer.write(messages.ERROR, number, *describe(error))


def _exit_with_the_parent(parent: int) -> None:
    """Ends the process when its parent is gone, even if another process keeps the pipe open."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


def _class_at(factory: str) -> Any:
    module, _, name = factory.partition(":")
    return getattr(importlib.import_module(module), name)
