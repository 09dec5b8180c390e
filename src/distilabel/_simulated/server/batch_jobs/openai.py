"""`OpenAIBatchEndpoint`: batch jobs of OpenAI, with the files of their requests and results."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aiohttp import web

from distilabel._simulated.server.batch_jobs.base import (
    MAX_ID_LENGTH,
    SECONDS_TO_EXPIRY,
    BatchEndpoint,
    Handler,
)
from distilabel._simulated.server.batch_jobs.job import Job, JobRequest
from distilabel._simulated.server.request_error import RequestError
from distilabel._simulated.server.wire_formats.openai import ChatCompletions

_file_numbers = itertools.count(1)


class OpenAIBatchEndpoint(BatchEndpoint):
    """`/files` and `/batches` of OpenAI."""

    path = "batches"
    after = "after"
    prefix = "batch_"
    max_requests = 50_000
    wire_format = ChatCompletions()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._files: dict[str, tuple[str, bytes]] = {}

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        """Returns the method, the path and the handler of every route."""
        return [
            ("POST", "files", self._upload_file),
            ("GET", "files/{id}", self._retrieve_file),
            ("GET", "files/{id}/content", self._download_file),
            *super().routes(),
        ]

    async def _upload_file(self, request: web.Request) -> object:
        form = await request.post()
        file = form.get("file")
        if form.get("purpose") != "batch" or not isinstance(file, web.FileField):
            raise RequestError(400, "a 'file' with the 'purpose' batch is required")
        return self._describe_file(self._store_file(file.filename, file.file.read()))

    async def _retrieve_file(self, request: web.Request) -> object:
        return self._describe_file(request.match_info["id"])

    async def _download_file(self, request: web.Request) -> object:
        return self._file(request.match_info["id"])[1]

    def _store_file(self, name: str, content: bytes) -> str:
        file_id = f"file-{next(_file_numbers)}"
        self._files[file_id] = (name, content)
        return file_id

    def _file(self, file_id: str) -> tuple[str, bytes]:
        if file_id not in self._files:
            raise RequestError(404, f"no such file: {file_id}")
        return self._files[file_id]

    def _describe_file(self, file_id: str) -> dict[str, object]:
        name, content = self._file(file_id)
        return {
            "id": file_id,
            "object": "file",
            "bytes": len(content),
            "created_at": int(self._clock()),
            "filename": name,
            "purpose": "batch",
            "status": "processed",
        }

    async def _list(self, request: web.Request) -> dict[str, object]:
        return {"object": "list", **await super()._list(request)}

    def _new_job(self, body: Mapping[str, Any], now: float) -> Job:
        endpoint = body.get("endpoint")
        execute = self._executor(endpoint) if isinstance(endpoint, str) else None
        if execute is None:
            raise RequestError(400, f"the endpoint {endpoint!r} does not support batch jobs")
        if body.get("completion_window") != "24h":
            raise RequestError(400, "'completion_window' must be 24h")
        file_id = str(body.get("input_file_id"))
        requests, messages = self._parse_requests(self._file(file_id)[1], str(endpoint))
        settings = self._new_settings()
        unfinished = [job for job in self._jobs.values() if not job.has_ended(now)]
        enqueued = sum(len(job.requests) for job in unfinished)
        errors = [("invalid_batch", message) for message in messages]
        if settings.enqueued and enqueued + len(requests) > settings.enqueued:
            errors.append(("token_limit_exceeded", "Enqueued token limit reached"))
        fields = {
            "input_file_id": file_id,
            "endpoint": endpoint,
            "metadata": body.get("metadata"),
            "completion_window": "24h",
        }
        return Job(requests, settings, execute, now, errors, fields)

    def _parse_requests(self, content: bytes, url: str) -> tuple[list[JobRequest], list[str]]:
        """Returns the requests in a file, and what is wrong with it."""
        requests: list[JobRequest] = []
        errors: list[str] = []
        ids: set[str] = set()
        for number, line in enumerate(content.splitlines(), 1):
            try:
                data = orjson.loads(line)
                request = JobRequest(data["custom_id"], data["body"])
                matches = data["url"] == url and data["method"] == "POST"
            except (orjson.JSONDecodeError, KeyError, TypeError):
                errors.append(f"line {number} is not a request")
                continue
            if not matches:
                errors.append(f"line {number} is not a POST request to {url}")
            custom_id = request.custom_id
            if custom_id in ids or not 0 < len(custom_id) <= MAX_ID_LENGTH:
                errors.append(
                    f"line {number}: custom_id {custom_id!r} must be unique and have 1 to "
                    f"{MAX_ID_LENGTH} characters"
                )
            ids.add(custom_id)
            requests.append(request)
        if not 0 < len(requests) <= self.max_requests:
            errors.append(f"a file has 1 to {self.max_requests} requests, not {len(requests)}")
        return requests, errors

    def _describe(self, job_id: str, job: Job, now: float) -> dict[str, object]:
        if job.has_ended(now) and "output_file_id" not in job.fields:
            job.fields = {**job.fields, **self._store_results(job_id, job, now)}
        created, status = int(job.created), job.status(now)
        return {
            "id": job_id,
            "object": "batch",
            "errors": _describe_errors(job.errors) if status == "failed" else None,
            "output_file_id": None,
            "error_file_id": None,
            **job.fields,
            "status": status,
            "created_at": created,
            "expires_at": created + SECONDS_TO_EXPIRY,
            "completed_at": int(now) if status == "completed" else None,
            "expired_at": int(now) if status == "expired" else None,
            "failed_at": int(now) if status == "failed" else None,
            "cancelled_at": int(now) if status == "cancelled" else None,
            "request_counts": job.counts(now),
        }

    def _store_results(self, job_id: str, job: Job, now: float) -> dict[str, str | None]:
        """Stores the results of a job: successful ones in one file, all others in another."""
        successful: list[bytes] = []
        others: list[bytes] = []
        for number, result in enumerate(job.results(now)):
            line: dict[str, object] = {
                "id": f"batch_req_{job.number}_{number}",
                "custom_id": result.custom_id,
                "response": {
                    "status_code": result.status,
                    "request_id": f"req_{job.number}_{number}",
                    "body": result.body,
                },
                "error": None,
            }
            if result.status is None:
                line["response"] = None
                line["error"] = {
                    "code": f"batch_{job.status(now)}",
                    "message": "the batch ended before this request was executed",
                }
            (successful if result.status == 200 else others).append(orjson.dumps(line) + b"\n")
        return {
            key: self._store_file(f"{job_id}_{key}.jsonl", b"".join(lines)) if lines else None
            for key, lines in (("output_file_id", successful), ("error_file_id", others))
        }


def _describe_errors(errors: Sequence[tuple[str, str]]) -> object:
    data = [
        {"code": code, "message": message, "param": None, "line": None}
        for code, message in errors or [("server_error", "the batch failed")]
    ]
    return {"object": "list", "data": data}
