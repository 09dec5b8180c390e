"""`AnthropicBatchEndpoint`: batch jobs of Anthropic."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from distilabel._simulated.server.batch_jobs.base import (
    MAX_ID_LENGTH,
    SECONDS_TO_EXPIRY,
    BatchEndpoint,
    Handler,
)
from distilabel._simulated.server.batch_jobs.job import Job, JobRequest, JobResult
from distilabel._simulated.server.request_error import RequestError
from distilabel._simulated.server.wire_formats.anthropic import Messages

_RESULT_TYPES = ("succeeded", "errored", "canceled", "expired")


class AnthropicBatchEndpoint(BatchEndpoint):
    """`/messages/batches` of Anthropic."""

    path = "messages/batches"
    after = "after_id"
    prefix = "msgbatch_"
    max_requests = 100_000
    wire_format = Messages()

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        """Returns the method, the path and the handler of every route."""
        return [*super().routes(), ("GET", f"{self.path}/{{id}}/results", self._download_results)]

    async def _download_results(self, request: web.Request) -> object:
        job_id, job = self._job(request)
        now = self._clock()
        if not job.has_ended(now):
            raise RequestError(404, f"the results of {job_id} are not available yet")
        lines = [
            {"custom_id": result.custom_id, "result": _describe_result(result, job, now)}
            for result in _results(job, now)
        ]
        return b"".join(orjson.dumps(line) + b"\n" for line in lines)

    def _new_job(self, body: Mapping[str, Any], now: float) -> Job:
        execute = self._executor("/v1/messages")
        assert execute is not None
        try:
            requests = [JobRequest(each["custom_id"], each["params"]) for each in body["requests"]]
        except (KeyError, TypeError):
            raise RequestError(400, "requests: each must have custom_id and params") from None
        if not 0 < len(requests) <= self.max_requests:
            raise RequestError(400, f"requests: 1 to {self.max_requests}, not {len(requests)}")
        ids = {request.custom_id for request in requests}
        if len(ids) < len(requests) or not all(0 < len(each) <= MAX_ID_LENGTH for each in ids):
            raise RequestError(
                400,
                f"requests: custom_id must be unique and have 1 to {MAX_ID_LENGTH} characters",
            )
        return Job(requests, self._new_settings(), execute, now)

    def _describe(self, job_id: str, job: Job, now: float) -> dict[str, object]:
        has_ended = job.has_ended(now)
        results = _results(job, now) if has_ended else []
        types = [_describe_result(result, job, now)["type"] for result in results]
        counts = {kind: types.count(kind) for kind in _RESULT_TYPES}
        return {
            "id": job_id,
            "type": "message_batch",
            "processing_status": "ended" if has_ended else "in_progress",
            "request_counts": {"processing": len(job.requests) - len(types), **counts},
            "created_at": _timestamp(job.created),
            "expires_at": _timestamp(job.created + SECONDS_TO_EXPIRY),
            "ended_at": _timestamp(now) if has_ended else None,
            "cancel_initiated_at": None if job.cancelled is None else _timestamp(job.cancelled),
            "archived_at": None,
            "results_url": f"/v1/{self.path}/{job_id}/results" if has_ended else None,
        }


def _results(job: Job, now: float) -> list[JobResult]:
    """Returns the results of a job that has ended; of a failed one, that none was executed."""
    return job.results(now) or [
        JobResult(request.custom_id, None, None) for request in job.requests
    ]


def _describe_result(result: JobResult, job: Job, now: float) -> dict[str, object]:
    if result.status == 200:
        return {"type": "succeeded", "message": result.body}
    if result.status is not None:
        return {"type": "errored", "error": result.body}
    status = job.status(now)
    if status == "failed":
        error = {"type": "api_error", "message": "the batch failed"}
        return {"type": "errored", "error": {"type": "error", "error": error}}
    return {"type": "canceled" if status == "cancelled" else "expired"}


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
