"""`BatchEndpoint`: what the batch endpoints share, from their routes to their pages."""

import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from aiohttp import web

from distilabel._simulated.server.batch_jobs.job import Execute, Job
from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from distilabel._simulated.server.request_error import RequestError
from distilabel._simulated.server.wire_formats.base import WireFormat
from distilabel._simulated.server.wire_formats.request_body import parse_object

Handler = Callable[[web.Request], Awaitable[object]]
"""Handles a request; returns JSON data, or bytes to send as they are."""

SECONDS_TO_EXPIRY = 86_400
MAX_ID_LENGTH = 64


class BatchEndpoint(ABC):
    """Endpoint of the batch jobs of one API.

    Args:
        executor: Returns what executes requests to a path, such as `/v1/chat/completions`; None if
            batch jobs do not support the path.
        new_settings: Called for each new job. Returns its settings.
        clock: Returns the time in seconds since the epoch. Read once per request.

    Attributes:
        path: Path of the jobs.
        after: Query parameter with the id that a page of jobs starts after.
        prefix: Prefix of job ids.
        max_requests: Maximum number of requests in a job.
        wire_format: Wire format of the errors.
    """

    path: ClassVar[str]
    after: ClassVar[str]
    prefix: ClassVar[str]
    max_requests: ClassVar[int]
    wire_format: ClassVar[WireFormat]

    def __init__(
        self,
        executor: Callable[[str], Execute | None],
        new_settings: Callable[[], BatchSettings],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._executor = executor
        self._new_settings = new_settings
        self._clock = clock
        self._jobs: dict[str, Job] = {}

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        """Returns the method, the path and the handler of every route."""
        return [
            ("POST", self.path, self._create),
            ("GET", self.path, self._list),
            ("GET", f"{self.path}/{{id}}", self._retrieve),
            ("POST", f"{self.path}/{{id}}/cancel", self._cancel),
        ]

    @abstractmethod
    def _new_job(self, body: Mapping[str, Any], now: float) -> Job:
        """Builds a job from the body of a request."""

    @abstractmethod
    def _describe(self, job_id: str, job: Job, now: float) -> dict[str, object]:
        """Returns the description of a job."""

    async def _create(self, request: web.Request) -> object:
        body = parse_object(await request.read())
        now = self._clock()
        job = self._new_job(body, now)
        job_id = f"{self.prefix}{job.number}"
        self._jobs[job_id] = job
        return self._describe(job_id, job, now)

    async def _retrieve(self, request: web.Request) -> object:
        return self._describe(*self._job(request), self._clock())

    async def _cancel(self, request: web.Request) -> object:
        job_id, job = self._job(request)
        now = self._clock()
        job.cancel(now)
        return self._describe(job_id, job, now)

    async def _list(self, request: web.Request) -> dict[str, object]:
        """Returns a page of jobs, latest first."""
        after = request.query.get(self.after)
        limit = int(request.query.get("limit", "20"))
        now = self._clock()
        ids = list(reversed(self._jobs))
        if after is not None:
            ids = ids[ids.index(after) + 1 :] if after in ids else []
        page = ids[:limit]
        return {
            "data": [self._describe(job_id, self._jobs[job_id], now) for job_id in page],
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
            "has_more": len(ids) > limit,
        }

    def _job(self, request: web.Request) -> tuple[str, Job]:
        job_id = request.match_info["id"]
        if job_id not in self._jobs:
            raise RequestError(404, f"no such batch: {job_id}")
        return job_id, self._jobs[job_id]
