"""`Job`: a batch job, whose requests have results after a while; imports no wire format."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from distilabel._simulated.server.batch_jobs.settings import END_STATUSES, BatchSettings

# Shares of the job's time after which it is in progress, and after which it is finalizing.
_VALIDATED, _EXECUTED = 0.1, 0.9

_numbers = itertools.count(1)

Execute = Callable[[Mapping[str, Any], bool], tuple[int, Mapping[str, object]]]
"""Executes the body of a request, or fails it if the flag is True; returns status and body."""


class JobRequest(NamedTuple):
    """A request of a job: its id in the job and its body."""

    custom_id: str
    body: Mapping[str, Any]


class JobResult(NamedTuple):
    """The result of a request: status and body of the response, both None if not executed."""

    custom_id: str
    status: int | None
    body: Mapping[str, object] | None


@dataclass(slots=True)
class Job:
    """A batch job.

    What it is at a moment is computed from that moment, in seconds since the epoch, which callers
    read from the clock once per HTTP request. Reading it again could give another status.

    Attributes:
        requests: Requests of the job.
        settings: How long the job takes and how it ends.
        execute: Executes one request.
        created: When the job was created, in seconds since the epoch.
        errors: Errors in the submitted requests, as code and message. With any, the job fails.
        fields: Further fields of the job's description.
        number: Number of the job among all, from 1.
        cancelled: When the job was cancelled; None if it was not.
    """

    requests: Sequence[JobRequest]
    settings: BatchSettings
    execute: Execute
    created: float
    errors: Sequence[tuple[str, str]] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    number: int = field(default_factory=lambda: next(_numbers))
    cancelled: float | None = None
    _results: list[JobResult] | None = None

    def status(self, now: float) -> str:
        """Returns `validating`, `in_progress`, `finalizing`, or the status at the end."""
        if self.cancelled is not None:
            return "cancelled"
        elapsed = self._elapsed(now)
        if elapsed < _VALIDATED:
            return "validating"
        if self.errors:
            return "failed"
        if elapsed < 1:
            return "in_progress" if elapsed < _EXECUTED else "finalizing"
        return self.settings.end

    def has_ended(self, now: float) -> bool:
        """Returns True if the job has its last status."""
        return self.status(now) in END_STATUSES

    def cancel(self, now: float) -> None:
        """Ends the job unless it has ended."""
        if not self.has_ended(now):
            self.cancelled = now

    def results(self, now: float) -> list[JobResult]:
        """Returns the result of each request; none before the end, and none of a failed job."""
        if not self.has_ended(now) or self.status(now) == "failed":
            return []
        if self._results is None:
            self._results = [self._result(i, each) for i, each in enumerate(self.requests)]
        return self._results

    def counts(self, now: float) -> dict[str, int]:
        """Returns the number of requests in total, completed and failed."""
        results = self.results(now)
        completed = sum(result.status == 200 for result in results)
        executed = sum(result.status is not None for result in results)
        if not self.has_ended(now):
            completed = executed = int(self._elapsed(now) * len(self.requests))
        return {
            "total": len(self.requests),
            "completed": completed,
            "failed": executed - completed,
        }

    def _elapsed(self, now: float) -> float:
        """Returns the share of the job's time that has passed, up to 1."""
        if not self.settings.seconds:
            return 1.0
        return min(1.0, (now - self.created) / self.settings.seconds)

    def _result(self, index: int, request: JobRequest) -> JobResult:
        total = len(self.requests)
        if self.cancelled is not None:
            is_executed = index < int(self._elapsed(self.cancelled) * total)
        else:
            is_executed = self.settings.is_executed(index, total)
        if not is_executed:
            return JobResult(request.custom_id, None, None)
        return JobResult(request.custom_id, *self.execute(request.body, self.settings.fails(index)))
