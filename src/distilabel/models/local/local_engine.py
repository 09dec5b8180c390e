"""`LocalEngine`: an engine in a process of its own, started again when it crashes."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import threading
import time
from collections import deque
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakSet

from distilabel._core.printable import printable
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models.local import messages
from distilabel.models.local.messages import EngineSpec
from distilabel.models.local.process import EngineProcess

# A question that was in flight at so many crashes fails.
MOST_CRASHES: Final = 3
# After so many crashes without an answer in between, all questions fail.
MOST_IN_A_ROW: Final = 6

_PROGRESS: Final = re.compile(r"(.{0,60}?):?\s+(\d{1,3})%\|")
_PROGRESS_SECONDS: Final = 5.0
# Seconds until Ctrl-C takes effect at the latest.
_POLL_SECONDS: Final = 0.2
# Iterations of an event loop without a question after which those before are sent.
_QUIET: Final = 2

_log = logging.getLogger("distilabel.llm")


@dataclass(eq=False, slots=True)
class _Asked:
    """A question that has no answer yet."""

    number: int
    method: str
    payload: Any
    future: Future[Any] = field(default_factory=Future)
    crashes: int = 0


class LocalEngine:
    """Runs an engine in a process of its own.

    After a crash the process is started again, and asked only what was in flight. A question that
    was in flight at two crashes is asked alone: if it is the cause, only that question fails.

    Args:
        spec: What the engine is.
    """

    def __init__(self, spec: EngineSpec) -> None:
        self._spec = spec
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._process: EngineProcess | None = None
        self._is_started = False
        self._started: Future[dict[str, Any]] = Future()
        self._sent: dict[int, _Asked] = {}
        self._waiting: deque[_Asked] = deque()
        # Loops that ask: what they ask together is sent together, and shares a batch.
        self._gathering: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
        self._in_a_row = 0
        self._error: Exception | None = None
        self._bytes = 0
        self._started_at = self._told_at = 0.0

    @property
    def pid(self) -> int | None:
        """Number of its process; None if there is none."""
        process = self._process
        return process.pid if process is not None else None

    # -- start and end ----------------------------------------------------------------------

    def start(self) -> dict[str, Any]:
        """Starts the process and waits until the model is loaded.

        Returns:
            Facts about the loaded model.

        Raises:
            ImportError: A package is missing.
            DistilabelUserError: The model cannot be loaded; the message says why.
        """
        with self._lock:
            self._start_process()
        try:
            facts: dict[str, Any] = _result(self._started)
            return facts
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the process; questions in flight fail."""
        with self._lock:
            process, self._process = self._process, None
            self._is_started = False
            error = EndpointError(f"{self._spec.subject}: it has been unloaded.")
            if not self._started.done():
                self._started.set_exception(error)
            self._fail_all(error)
        if process is not None:
            process.end()

    def _start_process(self) -> None:
        self._is_started = False
        self._started_at = self._told_at = time.monotonic()
        spec = self._spec
        self._process = EngineProcess(
            spec.environment, self._on_message, self._on_end, self._on_line
        )
        self._process.send(messages.START, spec.factory, spec.settings, spec.subject)

    # -- questions --------------------------------------------------------------------------

    async def ask(self, method: str, payload: Any) -> Any:
        """Asks a question, from an event loop.

        Args:
            method: Method of the engine.
            payload: What it expects.

        Raises:
            AnswerError: There is no answer to this question.
            EndpointError: The engine cannot be used.
        """
        asked = self._submit(method, payload)
        loop = asyncio.get_running_loop()
        if loop not in self._gathering:
            self._gathering.add(loop)
            loop.call_soon(self._gather, loop, 0, 0)
        try:
            return await asyncio.wrap_future(asked.future)
        except asyncio.CancelledError:
            self._cancel(asked)
            raise

    def call(self, method: str, payload: Any) -> Any:
        """Asks a question, from a thread that may wait; as `ask`."""
        asked = self._submit(method, payload)
        self._pump()
        try:
            return _result(asked.future)
        except BaseException:
            self._cancel(asked)
            raise

    def _submit(self, method: str, payload: Any) -> _Asked:
        asked = _Asked(next(self._numbers), method, payload)
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._process is None:
                raise EndpointError(f"{self._spec.subject}: it is not loaded. Call `load` first.")
            self._waiting.append(asked)
        return asked

    def _gather(self, loop: asyncio.AbstractEventLoop, known: int, quiet: int) -> None:
        """Sends what waits together, once no more is asked in two iterations of the loop.

        Args:
            loop: The loop.
            known: Number of the last question that was asked.
            quiet: Number of iterations since.
        """
        with self._lock:
            last = self._waiting[-1].number if self._waiting else 0
        quiet = quiet + 1 if last == known else 0
        if last and quiet < _QUIET:
            loop.call_soon(self._gather, loop, last, quiet)
            return
        self._gathering.discard(loop)
        self._pump()

    def _cancel(self, asked: _Asked) -> None:
        with self._lock:
            if asked in self._waiting:
                self._waiting.remove(asked)
            if self._sent.pop(asked.number, None) and self._process is not None:
                self._process.send(messages.CANCEL, asked.number)
            self._pump()

    def _pump(self) -> None:
        """Sends what waits: everything, or suspects one by one."""
        with self._lock:
            if not self._is_started or self._process is None:
                return
            questions = []
            while self._waiting and not self._is_suspect_alone():
                asked = self._waiting.popleft()
                self._sent[asked.number] = asked
                questions.append((asked.number, asked.method, asked.payload))
            if questions:
                self._process.send(messages.ASK, questions)

    def _is_suspect_alone(self) -> bool:
        """Whether what waits, or is in flight, may have caused the crashes and is asked alone."""
        in_flight = list(self._sent.values())
        suspects = [self._waiting[0]] if in_flight else []
        return any(asked.crashes >= MOST_CRASHES - 1 for asked in (*suspects, *in_flight))

    # -- what the process says --------------------------------------------------------------

    def _on_message(self, process: EngineProcess, message: tuple[Any, ...]) -> None:
        kind, *content = message
        settled: list[tuple[Future[Any], Any, Exception | None]] = []
        with self._lock:
            if process is not self._process:
                return
            if kind == messages.NOTE:
                name, value = content
                self._bytes = value if name == "bytes" else self._bytes
            elif kind == messages.STARTED:
                self._is_started = True
                seconds = time.monotonic() - self._started_at
                _log.info("%s: loaded in %.1f s%s", self._spec.subject, seconds, self._size())
                if not self._started.done():
                    settled.append((self._started, content[0], None))
                self._pump()
            elif kind == messages.ANSWER or content[0]:
                self._in_a_row = 0
                asked = self._sent.pop(content[0], None)
                if asked is not None:
                    is_answer = kind == messages.ANSWER
                    error = None if is_answer else _error(*content[1:])
                    settled.append((asked.future, content[1] if is_answer else None, error))
                self._pump()
            else:
                self._process = None
                process.kill()
                self._fail_start(_start_error(self._spec.subject, *content[1:]))
        for future, value, error in settled:
            _settle(future, value, error)

    def _on_end(self, process: EngineProcess) -> None:
        with self._lock:
            if process is not self._process:
                return
            how, lines = process.how_it_ended(), process.last_lines()
            shown = f" It printed last:\n{lines}" if lines else ""
            if not self._is_started:
                self._process = None
                text = f"{self._spec.subject}: its process {how} while it loaded{self._size()}."
                self._fail_start(DistilabelUserError(f"{text}{shown}"))
                return
            self._in_a_row += 1
            crashed = list(self._sent.values())
            self._sent.clear()
            for asked in crashed:
                asked.crashes += 1
            lost = [asked for asked in crashed if asked.crashes >= MOST_CRASHES]
            again = [asked for asked in crashed if asked.crashes < MOST_CRASHES]
            self._waiting.extendleft(reversed(again))
            if self._in_a_row >= MOST_IN_A_ROW:
                self._process = None
                self._error = EndpointError(
                    f"{self._spec.subject}: its process {how}, {self._in_a_row} times without an "
                    f"answer in between.{shown}"
                )
                self._fail_all(self._error)
            else:
                _log.warning(
                    "%s: its process %s. It is started again, and asked %d questions again that "
                    "were in flight.",
                    self._spec.subject,
                    how,
                    len(again),
                )
                self._start_process()
        for asked in lost:
            text = f"the process of the model {how}, {asked.crashes} times with this question"
            _settle(asked.future, None, AnswerError(f"{text}.{shown}"))

    def _on_line(self, line: str) -> None:
        _log.debug("%s: %s", self._spec.subject, line)
        found = _PROGRESS.search(line)
        now = time.monotonic()
        if self._is_started or found is None or now - self._told_at < _PROGRESS_SECONDS:
            return
        self._told_at = now
        _log.info("%s: %s %s%%", self._spec.subject, found[1].strip() or "loading", found[2])

    def _fail_start(self, error: Exception) -> None:
        if not self._started.done():
            self._started.set_exception(error)
        else:
            self._error = EndpointError(f"it could not be started again: {error}")
            self._fail_all(self._error)

    def _fail_all(self, error: Exception) -> None:
        asked = [*self._sent.values(), *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        for each in asked:
            _settle(each.future, None, error)

    def _size(self) -> str:
        return f", weights of {self._bytes / 2**30:.1f} GiB" if self._bytes >= 2**27 else ""


def _start_error(subject: str, kind: str, text: str, trace: str) -> Exception:
    """Makes the error of an engine that could not start."""
    _log.debug("%s", trace)
    if kind == messages.IMPORT:
        return ImportError(printable(text))
    return DistilabelUserError(text if text.startswith(subject) else f"{subject}: {text}")


def _error(kind: str, text: str, trace: str) -> Exception:
    """Makes the error that a message describes."""
    error: Exception = DistilabelUserError(text) if kind == messages.USER else AnswerError(text)
    error.__cause__ = RuntimeError(f"in the process of the engine:\n{trace}")
    return error


def _settle(future: Future[Any], value: Any, error: Exception | None) -> None:
    if future.done() or not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _result(future: Future[Any]) -> Any:
    while not wait([future], _POLL_SECONDS).done:
        pass
    return future.result()
