"""Requests that wait for a batch job, their names in it, and the work that waits for them.

A row, or a batch of rows in a thread, is a unit of `Work`; it is paused while its requests wait.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from distilabel.models.batch_jobs.apis.base import BatchRequest

if TYPE_CHECKING:
    from distilabel.errors import AnswerError
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput, GenerateOutput

_work: ContextVar[Work | None] = ContextVar("distilabel_work", default=None)


class Work:
    """A unit of work of the engine, paused while at least one of its requests waits.

    Args:
        on_pause: Called on the event loop when the work is paused.
        on_resume: Called on the event loop when the work goes on.
    """

    def __init__(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None:
        self._on_pause = on_pause
        self._on_resume = on_resume
        self._waiting = 0

    def pause(self) -> None:
        """Counts one more waiting request."""
        self._waiting += 1
        if self._waiting == 1:
            self._on_pause()

    def resume(self) -> None:
        """Counts one waiting request less."""
        self._waiting -= 1
        if self._waiting == 0:
            self._on_resume()


def current_work() -> Work | None:
    """Returns the work that the running code belongs to, if any."""
    return _work.get()


def begin_work(work: Work) -> None:
    """Sets the work that the running code, and all that it starts, belongs to."""
    _work.set(work)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a model, before it is encoded.

    Attributes:
        llm: The model.
        input: Conversation, pair of a conversation and a structure, or text to complete.
        count: Number of generations.
        arguments: Arguments of the generating method.
    """

    llm: Model
    input: FormattedInput
    count: int
    arguments: dict[str, Any]

    def encoded(self) -> BatchRequest:
        """Returns the request without the arguments that the model is known to reject."""
        return self.llm._request(self.input, self.count, self.arguments)

    def learn(self, error: AnswerError) -> bool:
        """Learns from a rejection; returns whether `encoded` now differs."""
        return self.llm._learn(error, self.input, self.count, self.arguments)


class JobResponse(NamedTuple):
    """A response that came in a job.

    Attributes:
        output: The output.
        is_first: True for the first of several waiters for equal requests, which pays for it.
    """

    output: GenerateOutput
    is_first: bool


_Waiter = tuple["asyncio.Future[JobResponse]", Work | None]


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A request that waits for a job, and its waiters.

    Attributes:
        key: Key that its answer is stored under.
        request: The request.
        tries: Number of jobs it has been in.
        waiters: Futures for the response, each with the work that is paused meanwhile.
    """

    key: bytes
    request: Request
    tries: int = 0
    waiters: list[_Waiter] = field(default_factory=list)

    def settle(self, outcome: GenerateOutput | BaseException) -> None:
        """Passes the output, or the error, to all waiters."""
        is_first = True
        for future, work in self.waiters:
            if future.done():
                continue
            # Now, not when the waiter runs: in between, the run must not seem idle.
            if work is not None:
                work.resume()
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(JobResponse(outcome, is_first))
            is_first = False
        self.waiters = []


@dataclass(slots=True)
class JobDraft:
    """A job that is not submitted yet.

    Attributes:
        path: Path its requests would be posted to.
        label: Our own name of the job.
        requests: Requests by key.
        lines: Requests as they are sent.
        size: Size of the lines, in bytes.
    """

    path: str
    label: str = field(default_factory=lambda: secrets.token_hex(8))
    requests: dict[bytes, PendingRequest] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, pending: PendingRequest, line: bytes) -> None:
        """Adds a request."""
        self.requests[pending.key] = pending
        self.lines.append(line)
        self.size += len(line) + 1


def request_name(label: str, key: bytes, form: str) -> str:
    """Returns the name of a request in a job, unique among all jobs."""
    return f"{label}_{key.hex()}_{form}"


def request_key(name: str, label: str) -> bytes | None:
    """Returns the key in the name of a request; None if it belongs to another job."""
    parts = name.split("_")
    try:
        return bytes.fromhex(parts[1]) if parts[0] == label else None
    except (IndexError, ValueError):
        return None
