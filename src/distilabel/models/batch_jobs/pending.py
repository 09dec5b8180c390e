"""Questions that wait for a batch job, who waits for their answers, and their names in it."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from distilabel.errors import AnswerError
from distilabel.models.batch_jobs.apis.base import BatchRequest
from distilabel.models.batch_jobs.work import Work

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import FormattedInput, GenerateOutput

_Waiter = tuple["asyncio.Future[Pending]", Work | None]


@dataclass(frozen=True, slots=True)
class Request:
    """A question as its model can pose it.

    Attributes:
        llm: the model.
        input: a conversation, or a pair of a conversation and a structure, or text.
        count: generations.
        arguments: of the generating method.
    """

    llm: Model
    input: FormattedInput
    count: int
    arguments: dict[str, Any]

    def request(self) -> BatchRequest:
        """What is posted, as far as is known what the model takes."""
        return self.llm._request(self.input, self.count, self.arguments)

    def learn(self, error: AnswerError) -> bool:
        """Whether `request` may give something else, now that it was refused so."""
        return self.llm._learn(error, self.input, self.count, self.arguments)


class Pending(NamedTuple):
    """An answer that came in a job.

    Attributes:
        output: the answer.
        is_first: whether nobody else was given it before; only then it is paid for here.
    """

    output: GenerateOutput
    is_first: bool


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A question and who waits for its answer.

    Attributes:
        key: what its answer is kept under.
        posed: how it is posed.
        tries: how many jobs it has been in.
        waiters: who waits, and the work that rests meanwhile.
    """

    key: bytes
    posed: Request
    tries: int = 0
    waiters: list[_Waiter] = field(default_factory=list)

    def settle(self, outcome: GenerateOutput | BaseException) -> None:
        """Gives everybody the answer, or the reason why there is none."""
        is_first = True
        for future, work in self.waiters:
            if future.done():
                continue
            # Before the waiter itself runs: in between nobody must seem to work.
            if work is not None:
                work.goes_on()
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(Pending(outcome, is_first))
            is_first = False
        self.waiters = []


@dataclass(slots=True)
class NextJob:
    """The job that is being gathered.

    Attributes:
        path: where its questions would be posted.
        label: our name of it.
        questions: by key.
        lines: the questions as they stand in it.
        size: of the lines, in bytes.
    """

    path: str
    label: str = field(default_factory=lambda: secrets.token_hex(8))
    questions: dict[bytes, PendingRequest] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, question: PendingRequest, line: bytes) -> None:
        """Puts a question into it."""
        self.questions[question.key] = question
        self.lines.append(line)
        self.size += len(line) + 1


def name_of(label: str, key: bytes, form: str) -> str:
    """The name of a question in a job; no other question of any job has it."""
    return f"{label}_{key.hex()}_{form}"


def key_of(name: str, label: str) -> bytes | None:
    """The key in the name of a question; None if it is of another job."""
    parts = name.split("_")
    try:
        return bytes.fromhex(parts[1]) if parts[0] == label else None
    except (IndexError, ValueError):
        return None
