"""Batch jobs as Anthropic has them: the questions come with the job, the answers as one file."""

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
    data_of,
)
from distilabel.models.wire import errors

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

_PAGES: Final = 20
# Clocks differ.
_SLACK_SECONDS: Final = 600.0


class AnthropicBatchAPI(BatchAPI):
    """Jobs at an endpoint that has `/messages/batches`.

    Args:
        endpoint: its address, up to and including `/v1`.
        headers: of every request, with the key.
        read: makes an output of the body of a reply and the form of its question.
    """

    most_questions: ClassVar[int] = 100_000
    # The endpoint takes 256 MB; so much has to fit in memory here.
    most_bytes: ClassVar[int] = 100 * 1024 * 1024
    price_share: ClassVar[float] = 0.5

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        read: Callable[[bytes, str], GenerateOutput],
    ) -> None:
        super().__init__(endpoint, headers)
        self._read = read

    def line(self, name: str, request: BatchRequest) -> bytes:
        """A question as it stands in a job."""
        return b'{"custom_id":' + orjson.dumps(name) + b',"params":' + request.body + b"}"

    async def submit(
        self, label: str, path: str, lines: Sequence[bytes], about: Mapping[str, str]
    ) -> str:
        """Submits a job, once, even if the reply is lost."""
        since = datetime.now().timestamp()

        async def submitted() -> bytes | None:
            found = await self.find(label, len(lines), since)
            return orjson.dumps({"id": found.job}) if found is not None else None

        body = b'{"requests":[' + b",".join(lines) + b"]}"
        reply = await self._sent("POST", f"{path}/batches", body, unless=submitted)
        return str(data_of(reply)["id"])

    async def find(self, label: str, count: int, since: float) -> FoundJob | None:
        """Finds a job by when it was submitted, how many questions it has, and how they are named.

        The endpoint keeps no label, and shows the names in a job once it has ended; before, of
        those with so many questions the first one after `since` is the likeliest.
        """
        likeliest: FoundJob | None = None
        after = ""
        for _ in range(_PAGES):
            page = data_of(await self._sent("GET", f"messages/batches?limit=100{after}"))
            jobs = page.get("data") or []
            for job in jobs:
                if _seconds(job.get("created_at")) < since - _SLACK_SECONDS:
                    return likeliest
                if sum((job.get("request_counts") or {}).values()) != count:
                    continue
                if job.get("processing_status") != "ended":
                    likeliest = FoundJob(str(job["id"]), False)
                elif await self._is_named(job, label):
                    return FoundJob(str(job["id"]), True)
            if not page.get("has_more"):
                break
            after = f"&after_id={quote(str(page.get('last_id')))}"
        return likeliest

    async def _is_named(self, job: Mapping[str, Any], label: str) -> bool:
        async for name, _ in self.results(_look(job)):
            return name.startswith(f"{label}_")
        return False

    async def look(self, job: str) -> JobStatus:
        """How a job stands."""
        return _look(data_of(await self._sent("GET", f"messages/batches/{quote(job)}")))

    async def results(
        self, look: JobStatus
    ) -> AsyncIterator[tuple[str, GenerateOutput | AnswerError]]:
        """What came of a job that has ended, in no order."""
        for path in look.results:
            content = await self._sent("GET", path)
            for line in content.splitlines():
                if line.strip():
                    data = data_of(line)
                    name = str(data.get("custom_id"))
                    yield name, self._outcome(name, data.get("result") or {})

    def _outcome(self, name: str, result: Mapping[str, Any]) -> GenerateOutput | AnswerError:
        kind = result.get("type")
        if kind == "succeeded":
            try:
                return self._read(orjson.dumps(result.get("message")), name.rpartition("_")[2])
            except AnswerError as error:
                return error
        if kind != "errored":
            return AnswerError(
                f"the batch job gave no answer: {kind}", retryable=True, raw=str(kind)
            )
        said = result.get("error") or {}
        refused = (said.get("error") or said).get("type") == "invalid_request_error"
        words = errors.said(orjson.dumps(said))
        return AnswerError(
            f"the batch job answered: {words}",
            status=400 if refused else None,
            retryable=not refused,
            raw=words,
        )


def _look(job: Mapping[str, Any]) -> JobStatus:
    counts = job.get("request_counts") or {}
    status = str(job.get("processing_status"))
    ended = status == "ended"
    results = f"messages/batches/{quote(str(job.get('id')))}/results"
    return JobStatus(
        status,
        ended,
        sum(int(count) for what, count in counts.items() if what != "processing"),
        # Kept for some weeks only; then the job is there without its answers.
        results=(results,) if ended and job.get("results_url") else (),
    )


def _seconds(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
