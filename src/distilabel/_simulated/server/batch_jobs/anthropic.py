"""Batch jobs as Anthropic's endpoint has them: `/messages/batches`; answers nothing itself."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from distilabel._simulated.server.batch_jobs.base import JobList
from distilabel._simulated.server.batch_jobs.job import Answer, Job, JobRequest, Outcome, Refusal
from distilabel._simulated.server.batch_jobs.settings import BatchSettings

_MOST_QUESTIONS = 100_000
_DAY = 86_400


class AnthropicJobRoutes(JobList):
    """The jobs of one server.

    Args:
        answering: Gives what answers the questions of a path.
    """

    def __init__(self, answering: Callable[[str], Answer | None]) -> None:
        super().__init__()
        self._answering = answering

    def create(self, body: Mapping[str, Any], how: Callable[[], BatchSettings]) -> object:
        """`POST /messages/batches`."""
        answer = self._answering("/v1/messages")
        assert answer is not None
        try:
            questions = [JobRequest(each["custom_id"], each["params"]) for each in body["requests"]]
        except (KeyError, TypeError):
            raise Refusal(400, "requests: each has a custom_id and params") from None
        if not 0 < len(questions) <= _MOST_QUESTIONS:
            raise Refusal(400, f"requests: 1 to {_MOST_QUESTIONS}, not {len(questions)}")
        names = {question.name for question in questions}
        if len(names) < len(questions) or not all(0 < len(name) <= 64 for name in names):
            raise Refusal(400, "requests: each custom_id has 1 to 64 characters and is its own")
        job = Job(questions, how(), answer)
        name = f"msgbatch_{job.number}"
        self._jobs[name] = job
        return self._described(name)

    def results(self, name: str) -> bytes:
        """`GET /messages/batches/{id}/results`."""
        job = self._job(name)
        if not job.has_ended:
            raise Refusal(404, f"the results of {name} are not there yet")
        lines = [
            {"custom_id": outcome.name, "result": _result(outcome, job)} for outcome in _all(job)
        ]
        return b"".join(orjson.dumps(line) + b"\n" for line in lines)

    def _described(self, name: str) -> dict[str, object]:
        job = self._jobs[name]
        kinds = [_result(outcome, job)["type"] for outcome in _all(job)] if job.has_ended else []
        counts = {
            kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")
        }
        return {
            "id": name,
            "type": "message_batch",
            "processing_status": "ended" if job.has_ended else "in_progress",
            "request_counts": {"processing": len(job.questions) - len(kinds), **counts},
            "created_at": _time(job.created),
            "expires_at": _time(job.created + _DAY),
            "ended_at": _time(datetime.now().timestamp()) if job.has_ended else None,
            "cancel_initiated_at": None if job.cancelled is None else _time(job.cancelled),
            "archived_at": None,
            "results_url": f"/v1/messages/batches/{name}/results" if job.has_ended else None,
        }


def _all(job: Job) -> list[Outcome]:
    """What became of each question; of a job that failed, that it was not done."""
    return job.outcomes or [Outcome(question.name, None, None) for question in job.questions]


def _result(outcome: Outcome, job: Job) -> dict[str, object]:
    if outcome.status == 200:
        return {"type": "succeeded", "message": outcome.reply}
    if outcome.status is not None:
        return {"type": "errored", "error": outcome.reply}
    if job.status == "failed":
        error = {"type": "api_error", "message": "the batch failed"}
        return {"type": "errored", "error": {"type": "error", "error": error}}
    return {"type": "canceled" if job.status == "cancelled" else "expired"}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
