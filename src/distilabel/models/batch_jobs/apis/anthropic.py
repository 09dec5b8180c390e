"""Batch jobs of Anthropic: the requests come with the job, the responses as one file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
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

_MAX_PAGES: Final = 20
# The clocks of the endpoint and of this machine may differ by so much.
_CLOCK_SLACK_SECONDS: Final = 600.0


class AnthropicBatchAPI(BatchAPI):
    """Batch jobs at an endpoint that has `/messages/batches`.

    Args:
        endpoint: Address of the endpoint, up to and including `/v1`.
        headers: Headers of every request, with the key.
        parse: Function that turns the body of a response, and the form of its request, into an
            output.
    """

    max_requests: ClassVar[int] = 100_000
    # The endpoint accepts 256 MB, but a job has to fit into memory here.
    max_bytes: ClassVar[int] = 100 * 1024 * 1024
    price_share: ClassVar[float] = 0.5

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        parse: Callable[[bytes, str], GenerateOutput],
    ) -> None:
        super().__init__(endpoint, headers)
        self._parse = parse

    def encode(self, name: str, request: BatchRequest) -> bytes:
        """Returns a request as an item of the job."""
        return b'{"custom_id":' + orjson.dumps(name) + b',"params":' + request.body + b"}"

    async def submit(
        self, label: str, path: str, lines: Sequence[bytes], metadata: Mapping[str, str]
    ) -> str:
        """Creates the job; the provider stores neither a label nor metadata."""
        since = datetime.now().timestamp()

        async def submitted() -> bytes | None:
            found = await self.find(label, len(lines), since)
            return orjson.dumps({"id": found.job}) if found is not None else None

        body = b'{"requests":[' + b",".join(lines) + b"]}"
        reply = await self._send("POST", f"{path}/batches", body, unless=submitted)
        return str(json_object(reply)["id"])

    async def find(self, label: str, count: int, since: float) -> FoundJob | None:
        """Finds a job by its time, its number of requests and their names.

        The endpoint shows the names in a job only once it has ended. Until then, the first job of
        this size after `since` is the likeliest.
        """
        likeliest: FoundJob | None = None
        after = ""
        for _ in range(_MAX_PAGES):
            page = json_object(await self._send("GET", f"messages/batches?limit=100{after}"))
            jobs = page.get("data") or []
            for job in jobs:
                if _timestamp(job.get("created_at")) < since - _CLOCK_SLACK_SECONDS:
                    return likeliest
                if sum((job.get("request_counts") or {}).values()) != count:
                    continue
                if job.get("processing_status") != "ended":
                    likeliest = FoundJob(str(job["id"]), False)
                elif await self._has_label(job, label):
                    return FoundJob(str(job["id"]), True)
            if not page.get("has_more"):
                break
            after = f"&after_id={quote(str(page.get('last_id')))}"
        return likeliest

    async def _has_label(self, job: Mapping[str, Any], label: str) -> bool:
        async for name, _ in self.results(_status(job)):
            return name.startswith(f"{label}_")
        return False

    async def retrieve(self, job: str) -> JobStatus:
        """Returns the status of a job."""
        return _status(json_object(await self._send("GET", f"messages/batches/{quote(job)}")))

    async def results(
        self, status: JobStatus
    ) -> AsyncIterator[tuple[str, GenerateOutput | AnswerError]]:
        """Yields the lines of the results."""
        for path in status.results:
            content = await self._send("GET", path)
            for line in content.splitlines():
                if line.strip():
                    data = json_object(line)
                    name = str(data.get("custom_id"))
                    yield name, self._result(name, data.get("result") or {})

    def _result(self, name: str, result: Mapping[str, Any]) -> GenerateOutput | AnswerError:
        kind = result.get("type")
        if kind == "succeeded":
            try:
                return self._parse(orjson.dumps(result.get("message")), name.rpartition("_")[2])
            except AnswerError as error:
                return error
        if kind != "errored":
            return AnswerError(
                f"the batch job gave no answer: {kind}", retryable=True, raw=str(kind)
            )
        reported = result.get("error") or {}
        rejected = (reported.get("error") or reported).get("type") == "invalid_request_error"
        message = errors.error_message(orjson.dumps(reported))
        return AnswerError(
            f"the batch job answered: {message}",
            status=400 if rejected else None,
            retryable=not rejected,
            raw=message,
        )


def _status(job: Mapping[str, Any]) -> JobStatus:
    counts = job.get("request_counts") or {}
    status = str(job.get("processing_status"))
    ended = status == "ended"
    results = f"messages/batches/{quote(str(job.get('id')))}/results"
    return JobStatus(
        status,
        ended,
        sum(int(count) for name, count in counts.items() if name != "processing"),
        # Results are stored for some weeks; after that, the job remains without them.
        results=(results,) if ended and job.get("results_url") else (),
    )


def _timestamp(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
