"""Batch jobs as OpenAI has them: a file of questions, a job, files of answers and of errors."""

from __future__ import annotations

import secrets
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
    data_of,
)
from distilabel.models.wire import errors

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# Under this name the label of a job stands in its metadata.
LABEL: Final = "distilabel_job"
_ENDED: Final = frozenset({"completed", "failed", "expired", "cancelled"})
# A list of jobs is read so far back: the one that is looked for is among the latest.
_PAGES: Final = 20


class OpenAIBatchAPI(BatchAPI):
    """Jobs at an endpoint that has `/files` and `/batches`.

    Args:
        endpoint: its address, up to and including `/v1`.
        headers: of every request, with the key.
        read: makes an output of the body of a reply.
    """

    most_questions: ClassVar[int] = 50_000
    # The endpoint takes twice as much; so much has to fit in memory here.
    most_bytes: ClassVar[int] = 100 * 1024 * 1024
    price_share: ClassVar[float] = 0.5

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        read: Callable[[bytes], GenerateOutput],
    ) -> None:
        super().__init__(endpoint, headers)
        self._read = read

    def line(self, name: str, request: BatchRequest) -> bytes:
        """A question as it stands in a job."""
        head = orjson.dumps({"custom_id": name, "method": "POST", "url": f"/v1/{request.path}"})
        return head[:-1] + b',"body":' + request.body + b"}"

    async def submit(
        self, label: str, path: str, lines: Sequence[bytes], about: Mapping[str, str]
    ) -> str:
        """Submits a job, once, even if the reply is lost."""
        file = await self._uploaded(_file_name(about, label), lines)
        metadata = {"description": "distilabel", **about, LABEL: label}
        body = orjson.dumps(
            {
                "input_file_id": file,
                "endpoint": f"/v1/{path}",
                "completion_window": "24h",
                # The endpoint takes texts of at most so many characters.
                "metadata": {name: text[:512] for name, text in metadata.items()},
            }
        )

        async def submitted() -> bytes | None:
            found = await self.find(label, len(lines), 0.0)
            return orjson.dumps({"id": found.job}) if found is not None else None

        return str(data_of(await self._sent("POST", "batches", body, unless=submitted))["id"])

    async def find(self, label: str, count: int, since: float) -> FoundJob | None:
        """Finds a job by the label in its metadata."""
        after = ""
        for _ in range(_PAGES):
            page = data_of(await self._sent("GET", f"batches?limit=100{after}"))
            jobs = page.get("data") or []
            for job in jobs:
                if (job.get("metadata") or {}).get(LABEL) == label:
                    return FoundJob(str(job["id"]), True)
            # An hour, as clocks differ.
            if not page.get("has_more") or jobs[-1].get("created_at", 0) < since - 3600:
                break
            after = f"&after={quote(str(jobs[-1]['id']))}"
        return None

    async def look(self, job: str) -> JobStatus:
        """How a job stands."""
        data = data_of(await self._sent("GET", f"batches/{quote(job)}"))
        status = str(data.get("status"))
        counts = data.get("request_counts") or {}
        files = (data.get("output_file_id"), data.get("error_file_id"))
        return JobStatus(
            status,
            status in _ENDED,
            int(counts.get("completed") or 0) + int(counts.get("failed") or 0),
            _wrong_with(data),
            tuple(str(file) for file in files if file),
            any(error.get("code") == "token_limit_exceeded" for error in _errors(data)),
        )

    async def results(
        self, look: JobStatus
    ) -> AsyncIterator[tuple[str, GenerateOutput | AnswerError]]:
        """What came of a job that has ended, in no order."""
        for file in look.results:
            content = await self._sent("GET", f"files/{quote(file)}/content")
            for line in content.splitlines():
                if line.strip():
                    data = data_of(line)
                    yield str(data.get("custom_id")), self._outcome(data)

    def _outcome(self, data: Mapping[str, Any]) -> GenerateOutput | AnswerError:
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
                return self._read(body)
            except AnswerError as error:
                return error
        refused = errors.error_from_response(int(status or 500), {}, body, url="the batch job")
        if isinstance(refused, AnswerError):
            return refused
        # The endpoint itself takes jobs, so this is about one question.
        return AnswerError(refused.message, status=refused.status)

    async def _uploaded(self, name: str, lines: Sequence[bytes]) -> str:
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
        # What is uploaded twice costs nothing: only a job does.
        return str(data_of(await self._sent("POST", "files", body, content_type=form))["id"])


def _file_name(about: Mapping[str, str], label: str) -> str:
    parts = [about.get("distilabel_pipeline_name"), about.get("distilabel_pipeline_cache_id")]
    middle = "".join(f"{part}-" for part in parts if part)
    middle = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in middle)
    return f"distilabel-pipeline-{middle}fileno-{label}.jsonl"


def _errors(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return (data.get("errors") or {}).get("data") or []


def _wrong_with(data: Mapping[str, Any]) -> str:
    texts = [str(error.get("message") or error.get("code")) for error in _errors(data)]
    more = f" (and {len(texts) - 3} more)" if len(texts) > 3 else ""
    return "; ".join(texts[:3]) + more
