"""Batch jobs of a simulated server: questions in, outcomes after a while; knows no protocol."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from distilabel._simulated.server.batch_jobs.settings import BatchSettings

# Shares of a job's time after which it is no longer validated, and no longer in progress.
_VALIDATED, _WORKED = 0.1, 0.9

_ids = itertools.count(1)


class Refusal(Exception):
    """A request that is not taken.

    Attributes:
        status: The HTTP status it gets.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class JobRequest(NamedTuple):
    """A question of a job: its name in the job, and what would be posted for it alone."""

    name: str
    body: Mapping[str, Any]


class Outcome(NamedTuple):
    """What became of a question: a status and a reply, or neither if it was not done in time."""

    name: str
    status: int | None
    reply: Mapping[str, object] | None


Answer = Callable[[Mapping[str, Any], bool], tuple[int, Mapping[str, object]]]
"""Answers the body of a question, or fails as a server does; gives a status and a reply."""


@dataclass(slots=True)
class Job:
    """One batch job.

    Attributes:
        questions: What is asked.
        how: How it goes.
        answer: Answers one question.
        faults: What was wrong with what was submitted, code and words; then the job fails.
        about: What whoever submitted it wants to find with it.
        number: Of all jobs, from 1.
        created: When it was created, in seconds since 1970.
        cancelled: When it was cancelled, if it was.
    """

    questions: Sequence[JobRequest]
    how: BatchSettings
    answer: Answer
    faults: Sequence[tuple[str, str]] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(_ids))
    created: float = field(default_factory=time.time)
    cancelled: float | None = None
    _outcomes: list[Outcome] | None = None

    @property
    def status(self) -> str:
        """`validating`, `in_progress`, `finalizing`, or one of the ends."""
        if self.cancelled is not None:
            return "cancelled"
        share = self._share
        if share < _VALIDATED:
            return "validating"
        if self.faults:
            return "failed"
        if share < 1:
            return "in_progress" if share < _WORKED else "finalizing"
        return self.how.end

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in ("completed", "expired", "cancelled", "failed")

    @property
    def _share(self) -> float:
        if not self.how.seconds:
            return 1.0
        return min(1.0, ((self.cancelled or time.time()) - self.created) / self.how.seconds)

    def cancel(self) -> None:
        """Ends it, if it has not ended."""
        if not self.has_ended:
            self.cancelled = time.time()

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each question; none before the end, and of a job that failed."""
        if not self.has_ended or self.status == "failed":
            return []
        if self._outcomes is None:
            self._outcomes = [self._outcome(i, each) for i, each in enumerate(self.questions)]
        return self._outcomes

    def _outcome(self, number: int, question: JobRequest) -> Outcome:
        total = len(self.questions)
        if self.cancelled is not None:
            done = number < int(self._share * total)
        else:
            done = self.how.is_done(number, total)
        if not done:
            return Outcome(question.name, None, None)
        return Outcome(question.name, *self.answer(question.body, self.how.fails(number)))

    @property
    def counts(self) -> dict[str, int]:
        """How many questions there are, are done well, and have failed."""
        good = sum(outcome.status == 200 for outcome in self.outcomes)
        done = sum(outcome.status is not None for outcome in self.outcomes)
        if not self.has_ended:
            good = done = int(self._share * len(self.questions))
        return {"total": len(self.questions), "completed": good, "failed": done - good}
