"""A batch API in memory: jobs go as the test says, without a network and without waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from distilabel.errors import AnswerError
from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest, FoundJob, JobStatus
from distilabel.models.batch_jobs.job_builder import JobBuilder
from distilabel.models.batch_jobs.job_poller import JobPoller
from distilabel.models.batch_jobs.job_store import JobStore
from distilabel.models.batch_jobs.pending import Request
from distilabel.models.client.standalone_jobs import StandaloneStore

COMPLETED = JobStatus("completed", True)
RUNNING = JobStatus("in_progress", False)
TOO_LARGE = JobStatus("failed", True, message="too many tokens are queued", exceeds_limit=True)


class MemoryAPI(BatchAPI):
    """Jobs that are completed at the first check, unless the test says otherwise.

    Attributes:
        jobs: Names of the requests of each submitted job, by its identifier.
        sizes: Size of each submitted job in bytes, as it is sent.
        checks: Replies to the next checks of a job: a status, or an error to raise. After the
            last one, jobs are completed.
        most_queued: Most requests in a job; a larger one is rejected for its size.
        finds: Replies to the next searches for a job. After the last one, none is found.
        answer: Returns the outcome of a request, by its text; None leaves it out.
    """

    max_requests = 50_000
    max_bytes = 1_000_000
    price_share = 0.5

    def __init__(self, endpoint: str = "http://x/v1") -> None:
        super().__init__(endpoint, {})
        self.jobs: dict[str, list[str]] = {}
        self.sizes: list[int] = []
        self.checks: list[JobStatus | Exception] = []
        self.most_queued: int | None = None
        self.finds: list[FoundJob | None] = []
        self.answer: Callable[[str], Any] = lambda text: output(f"re {text}")

    def encode(self, name: str, request: BatchRequest) -> bytes:
        return f"{name} {request.body.decode()}".encode()

    async def submit(
        self, label: str, path: str, lines: Sequence[bytes], metadata: Mapping[str, str]
    ) -> str:
        job = f"job{len(self.jobs)}"
        self.jobs[job] = [line.decode() for line in lines]
        self.sizes.append(len(b"\n".join(lines)))
        return job

    async def find(self, label: str, count: int, since: float) -> FoundJob | None:
        return self.finds.pop(0) if self.finds else None

    async def retrieve(self, job: str) -> JobStatus:
        reply = self.checks.pop(0) if self.checks else COMPLETED
        if isinstance(reply, Exception):
            raise reply
        if self.most_queued is not None and len(self.jobs[job]) > self.most_queued:
            return TOO_LARGE
        return reply._replace(results=(job,))

    async def results(self, status: JobStatus) -> AsyncIterator[tuple[str, Any]]:
        for job in status.results:
            for line in self.jobs[job]:
                name, text = line.split(" ", 1)
                result = self.answer(text)
                if result is not None:
                    yield name, result


class Idle:
    """Counts running work that nothing waits for."""

    idle = True

    def begin(self) -> None: ...

    def end(self) -> None: ...


class TextModel:
    """A model whose requests are their texts, and which learns nothing from a rejection."""

    model_name = "m"
    jobs_ids: Any = None

    def _request(self, input: Any, count: int, arguments: Any) -> BatchRequest:
        return BatchRequest("chat/completions", str(input).encode())

    def _learn(self, error: AnswerError, input: Any, count: int, arguments: Any) -> bool:
        return False


def output(text: str) -> Any:
    return {"generations": [text], "statistics": {}}


def poller(
    api: BatchAPI,
    store: JobStore,
    *,
    interval: float | None = 0.0,
    emit: Callable[[Any], None] = lambda event: None,
) -> JobPoller:
    """Makes a poller that checks without pauses."""
    return JobPoller(api, store, interval=interval, activity=Idle(), metadata={}, emit=emit)


def builder(
    api: BatchAPI, store: StandaloneStore, *, interval: float | None = 0.0, reuse: bool = True
) -> JobBuilder:
    """Makes a builder of one run; another with the same store belongs to a later run."""
    jobs = JobStore(store)
    polls = poller(api, jobs, interval=interval)
    return JobBuilder(api, jobs, polls, model="m", reuse=reuse, activity=Idle())


def request(text: str) -> Request:
    model: Any = TextModel()
    return Request(model, text, 1, {})


def key(text: str) -> bytes:
    """Returns the key of the answer to a text."""
    return text.encode().ljust(16, b"_")
