"""Batch jobs of OpenAI: a file of requests, a job, and files of responses and errors."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import quote

import orjson

from distilabel.errors import AnswerError
from distilabel.models.batch_jobs.apis.base import (
    BatchAPI,
    BatchRequest,
    FoundJob,
    JobStatus,
    json_object,
)
from distilabel.models.wire import errors

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# Key of the label in the metadata of a job.
LABEL: Final = "distilabel_job"
# The files of a completed job may be named a moment later than its status changes.
FILES_SECONDS: Final = 600.0
_ENDED: Final = frozenset({"completed", "failed", "expired", "cancelled"})
# Pages of the list of jobs that are searched: a lost job is among the latest.
_MAX_PAGES: Final = 20


class OpenAIBatchAPI(BatchAPI):
    """Batch jobs at an endpoint that has `/files` and `/batches`.

    Args:
        endpoint: Address of the endpoint, up to and including `/v1`.
        headers: Headers of every request, with the key.
        parse: Function that turns the body of a response into an output.
        prefix: What precedes the path of a request in a job.
    """

    max_requests: ClassVar[int] = 50_000
    # The endpoint accepts twice as much, but a job has to fit into memory here.
    max_bytes: ClassVar[int] = 100 * 1024 * 1024
    price_share: ClassVar[float] = 0.5

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        parse: Callable[[bytes], GenerateOutput],
        prefix: str = "/v1/",
    ) -> None:
        super().__init__(endpoint, headers)
        self._parse = parse
        self._prefix = prefix

    def encode(self, name: str, request: BatchRequest) -> bytes:
        """Returns a request as a line of the input file."""
        head = orjson.dumps(
            {"custom_id": name, "method": "POST", "url": self._prefix + request.path}
        )
        return head[:-1] + b',"body":' + request.body + b"}"

    async def submit(
        self, label: str, path: str, lines: Sequence[bytes], metadata: Mapping[str, str]
    ) -> str:
        """Uploads the input file and creates the job."""
        file = await self._upload(_file_name(metadata, label), lines)
        metadata = {"description": "distilabel", **metadata, LABEL: label}
        body = orjson.dumps(
            {
                "input_file_id": file,
                "endpoint": self._prefix + path,
                "completion_window": "24h",
                # The endpoint accepts texts of at most 512 characters.
                "metadata": {name: text[:512] for name, text in metadata.items()},
            }
        )

        async def submitted() -> bytes | None:
            found = await self.find(label, len(lines), 0.0)
            return orjson.dumps({"id": found.job}) if found is not None else None

        return str(json_object(await self._send("POST", "batches", body, unless=submitted))["id"])

    async def find(self, label: str, count: int, since: float) -> FoundJob | None:
        """Finds a job by the label in its metadata."""
        after = ""
        for _ in range(_MAX_PAGES):
            page = json_object(await self._send("GET", f"batches?limit=100{after}"))
            jobs = page.get("data") or []
            for job in jobs:
                if (job.get("metadata") or {}).get(LABEL) == label:
                    return FoundJob(str(job["id"]), True)
            # The clocks of the endpoint and of this machine may differ by up to an hour.
            if not page.get("has_more") or jobs[-1].get("created_at", 0) < since - 3600:
                break
            after = f"&after={quote(str(jobs[-1]['id']))}"
        return None

    async def retrieve(self, job: str) -> JobStatus:
        """Returns the status of a job; a completed one has ended once its files are named."""
        data = json_object(await self._send("GET", f"batches/{quote(job)}"))
        status = str(data.get("status"))
        counts = data.get("request_counts") or {}
        files = (data.get("output_file_id"), data.get("error_file_id"))
        ended = status in _ENDED
        if status == "completed" and not any(files):
            ended = time.time() - (data.get("completed_at") or 0) > FILES_SECONDS
        return JobStatus(
            status,
            ended,
            int(counts.get("completed") or 0) + int(counts.get("failed") or 0),
            _error_message(data),
            tuple(str(file) for file in files if file),
            any(error.get("code") == "token_limit_exceeded" for error in _errors(data)),
        )

    async def results(
        self, status: JobStatus
    ) -> AsyncIterator[tuple[str, GenerateOutput | AnswerError]]:
        """Yields the lines of the output file and of the error file."""
        for file in status.results:
            content = await self._send("GET", f"files/{quote(file)}/content")
            for line in content.splitlines():
                if line.strip():
                    data = json_object(line)
                    yield str(data.get("custom_id")), self._result(data)

    def _result(self, data: Mapping[str, Any]) -> GenerateOutput | AnswerError:
        response = data.get("response")
        if not response:
            error = data.get("error") or {}
            return AnswerError(
                f"the batch job gave no answer: {error.get('message') or error.get('code')}",
                retryable=True,
            )
        body = orjson.dumps(response.get("body"))
        status = response.get("status_code")
        if status == 200:
            try:
                return self._parse(body)
            except AnswerError as error:
                return error
        refused = errors.error_from_response(int(status or 500), {}, body, url="the batch job")
        if isinstance(refused, AnswerError):
            return refused
        # The endpoint accepted the job, so the error is about this request only.
        return AnswerError(refused.message, status=refused.status)

    async def _upload(self, name: str, lines: Sequence[bytes]) -> str:
        boundary = secrets.token_hex(16)
        ends = f"--{boundary}\r\nContent-Disposition: form-data; name="
        body = b"".join(
            [
                f'{ends}"purpose"\r\n\r\nbatch\r\n'.encode(),
                f'{ends}"file"; filename="{name}"\r\n'.encode(),
                b"Content-Type: application/jsonl\r\n\r\n",
                b"\n".join(lines),
                f"\r\n--{boundary}--\r\n".encode(),
            ]
        )
        form = f"multipart/form-data; boundary={boundary}"
        # A retry may upload the file twice, which costs nothing: only jobs are charged.
        return str(json_object(await self._send("POST", "files", body, content_type=form))["id"])


def _file_name(metadata: Mapping[str, str], label: str) -> str:
    parts = [metadata.get("distilabel_pipeline_name"), metadata.get("distilabel_pipeline_cache_id")]
    # File names have at most 255 characters; the metadata of the job has the names in full.
    middle = "".join(f"{part[:80]}-" for part in parts if part)
    middle = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in middle)
    return f"distilabel-pipeline-{middle}fileno-{label}.jsonl"


def _errors(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return (data.get("errors") or {}).get("data") or []


def _error_message(data: Mapping[str, Any]) -> str:
    texts = [str(error.get("message") or error.get("code")) for error in _errors(data)]
    more = f" (and {len(texts) - 3} more)" if len(texts) > 3 else ""
    return "; ".join(texts[:3]) + more
