"""`JobBuilder`: collects requests to one model, puts them into jobs, and returns the responses.

The coordinator decides when the next job is complete; the poller submits and collects jobs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from distilabel.errors import AnswerError
from distilabel.models.batch_jobs.apis.base import BatchAPI, JobStatus
from distilabel.models.batch_jobs.job_poller import Activity, JobPoller
from distilabel.models.batch_jobs.job_store import JobRecord, JobStore
from distilabel.models.batch_jobs.pending import (
    JobDraft,
    JobResponse,
    PendingRequest,
    Request,
    current_work,
    request_name,
)
from distilabel.models.protocol import RunStopped

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import GenerateOutput

# A request that got no answer in so many jobs fails.
MAX_TRIES: Final = 3


class JobBuilder:
    """Jobs with requests to one model at one endpoint.

    Args:
        api: Batch API of the endpoint.
        store: Store of the job records.
        poller: Submits and collects the jobs.
        model: Name of the model.
        reuse: Whether to use jobs and answers of earlier runs.
        activity: Notified when a job is done.

    Attributes:
        api: Batch API of the endpoint.
        arrivals: Number of requests so far.
        has_left: Whether any job was left to a later run.
    """

    def __init__(
        self,
        api: BatchAPI,
        store: JobStore,
        poller: JobPoller,
        *,
        model: str,
        reuse: bool,
        activity: Activity,
    ) -> None:
        self.api = api
        self.arrivals = 0
        self._store = store
        self._poller = poller
        self._model = model
        self._reuse = reuse
        self._activity = activity
        # Jobs that requests are still added to, by path; complete jobs that are not submitted yet;
        # and the requests in submitted jobs, by label.
        self._drafts: dict[str, JobDraft] = {}
        self._complete: deque[JobDraft] = deque()
        self._submitted: dict[str, dict[bytes, PendingRequest]] = {}
        self._pending: dict[bytes, PendingRequest] = {}
        self._records: dict[str, JobRecord] = {}
        # Jobs of earlier runs. They are checked once all their requests have been asked for.
        self._found: list[JobRecord] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._llms: list[Model] = []
        # After the provider has rejected a job for its size, one job is submitted at a time.
        limit = store.size_limit(api.endpoint, model)
        self._one_at_a_time = limit is not None
        self._max_requests = limit or api.max_requests
        self.has_left = False

    def serve(self, llm: Model) -> None:
        """Keeps `jobs_ids` of a model up to date."""
        self._llms.append(llm)

    # -- state --------------------------------------------------------------------------------

    @property
    def has_drafts(self) -> bool:
        """Whether `proceed` has anything to do."""
        return bool(self._drafts or self._found)

    @property
    def has_pending(self) -> bool:
        """Whether any request waits here."""
        return bool(self._pending)

    @property
    def has_jobs(self) -> bool:
        """Whether any job is being submitted, waited for or collected."""
        return bool(self._tasks)

    @property
    def is_active(self) -> bool:
        """Whether any job is being submitted, checked or collected right now."""
        return self._poller.active > 0

    @property
    def held(self) -> int:
        """Number of requests in complete and submitted jobs, whose rows stay in memory."""
        return sum(len(job.requests) for job in self._complete) + sum(
            map(len, self._submitted.values())
        )

    # -- requests -----------------------------------------------------------------------------

    async def ask(
        self,
        key: bytes,
        request: Request,
        is_wanted: Callable[[GenerateOutput], bool] = lambda output: True,
    ) -> JobResponse:
        """Waits for the response to a request, in whichever job it comes.

        Args:
            key: Key that the answer is stored under.
            request: The request.
            is_wanted: Whether a stored output can be used.

        Raises:
            AnswerError: The request failed in several jobs, or cannot be answered.
            EndpointError: No job can be submitted or collected.
            RunStopped: The job is left to a later run.
        """
        pending = self._pending.get(key)
        if pending is None:
            pending = PendingRequest(key, request)
            stored = self._place(pending, is_wanted)
            if stored is not None:
                return JobResponse(stored, False)
        self.arrivals += 1
        future: asyncio.Future[JobResponse] = asyncio.get_running_loop().create_future()
        work = current_work()
        pending.waiters.append((future, work))
        if work is not None:
            work.pause()
        try:
            return await future
        finally:
            if future.cancelled() and work is not None:
                work.resume()

    def _place(
        self, pending: PendingRequest, is_wanted: Callable[[GenerateOutput], bool]
    ) -> GenerateOutput | None:
        """Adds a request to the job it is already in, or to a draft; returns a stored answer."""
        reference = self._store.reference(pending.key) if self._reuse else None
        if reference is not None:
            record = self._records.get(reference.label) or self._store.record(reference.label)
            if record is not None and record.endpoint == self.api.endpoint:
                self._records[record.label] = record
                pending.tries = reference.tries
                if not record.ended:
                    self._rejoin(record, pending)
                    return None
                # The answer may have been stored after the client looked for it.
                stored = self._store.answer(pending.key)
                if stored is not None and is_wanted(stored):
                    return stored
            if pending.tries >= MAX_TRIES:
                pending.tries = 0
        self._add(pending)
        return None

    def _rejoin(self, record: JobRecord, pending: PendingRequest) -> None:
        self._pending[pending.key] = pending
        requests = self._submitted.get(record.label)
        if requests is None:
            requests = self._submitted[record.label] = {}
            self._found.append(record)
        requests[pending.key] = pending

    def _add(self, pending: PendingRequest) -> None:
        self._pending[pending.key] = pending
        request = pending.request.encoded()
        draft = self._drafts.get(request.path)
        if draft is None:
            draft = self._drafts[request.path] = JobDraft(request.path)
        line = self.api.encode(request_name(draft.label, pending.key, request.form), request)
        if draft.lines and draft.size + len(line) > self.api.max_bytes:
            self._complete_draft(request.path)
            self._add(pending)
            return
        pending.tries += 1
        draft.add(pending, line)
        if len(draft.lines) >= self._max_requests:
            self._complete_draft(request.path)

    # -- jobs ---------------------------------------------------------------------------------

    def proceed(self) -> None:
        """Submits all drafts and checks the jobs of earlier runs: no request will be added."""
        for record in self._found:
            self._start(self._follow(record, at_once=True))
        self._found = []
        for path in list(self._drafts):
            self._complete_draft(path)

    def _complete_draft(self, path: str) -> None:
        self._complete.append(self._drafts.pop(path))
        self._submit_complete()

    def _submit_complete(self) -> None:
        while self._complete and not (self._one_at_a_time and self._submitted):
            draft = self._complete.popleft()
            record = JobRecord(
                draft.label, self.api.endpoint, self._model, draft.path, len(draft.requests)
            )
            self._records[draft.label] = record
            self._submitted[draft.label] = draft.requests
            self._start(self._submit(record, draft))

    async def _submit(self, record: JobRecord, draft: JobDraft) -> None:
        tries = {key: pending.tries for key, pending in draft.requests.items()}
        await self._poller.submit(record, draft.lines, tries)
        self._set_jobs_ids()
        await self._follow(record, at_once=False)

    async def _follow(self, record: JobRecord, *, at_once: bool) -> None:
        """Waits for a job and settles its requests."""
        status = await self._poller.wait(record, at_once=at_once)
        if status is None:
            self._leave(record)
            return
        requests = self._submitted[record.label]
        results = await self._poller.collect(record, status, requests)
        del self._submitted[record.label]
        self._set_jobs_ids()
        if status.exceeds_limit:
            self._one_at_a_time = True
            self._max_requests = max(1, record.count // 2)
            await self._store.save_size_limit(record.endpoint, record.model, self._max_requests)
        why = status.message or f"the batch job {record.job} ended before ({status.status})"
        for key, pending in requests.items():
            self._pending.pop(key, None)
            result = results.get(key) or self._store.answer(key)
            if result is None or isinstance(result, AnswerError):
                error = result or AnswerError(why, retryable=True)
                self._retry(pending, error, self._counts_as_try(record, status))
            else:
                pending.settle(result)
        self._submit_complete()

    def _counts_as_try(self, record: JobRecord, status: JobStatus) -> bool:
        """Whether the failure of a job counts as a try of its requests."""
        return bool(record.job) and not (status.exceeds_limit and record.count > 1)

    def _retry(self, pending: PendingRequest, error: AnswerError, is_try: bool) -> None:
        """Adds a failed request to another job, or fails it for good."""
        if not is_try:
            pending.tries -= 1
        elif pending.tries >= MAX_TRIES or not (error.retryable or pending.request.learn(error)):
            error.attempts = pending.tries
            pending.settle(error)
            return
        self._add(pending)

    # -- end of the run -----------------------------------------------------------------------

    def _leave(self, record: JobRecord) -> None:
        """Leaves a job, and the rows whose requests are in it, to a later run."""
        self.has_left = True
        self._set_jobs_ids()
        self._leave_requests(self._submitted.pop(record.label))
        if self._one_at_a_time:
            # The other jobs can only be submitted once that one has ended.
            for draft in self._complete:
                self._leave_requests(draft.requests)
            self._complete.clear()

    def _leave_requests(self, requests: dict[bytes, PendingRequest]) -> None:
        for pending in requests.values():
            self._pending.pop(pending.key, None)
            pending.settle(RunStopped())

    def turn_away(self, error: BaseException) -> None:
        """Raises an error in all that waits here."""
        self._drafts.clear()
        self._complete.clear()
        self._found.clear()
        for pending in list(self._pending.values()):
            pending.settle(error)

    async def close(self) -> None:
        """Stops waiting for jobs; the jobs themselves go on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _set_jobs_ids(self) -> None:
        names = tuple(r.job for r in self._records.values() if r.job and not r.ended)
        for llm in self._llms:
            llm.jobs_ids = names or None

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.turn_away(error)
        # Has the coordinator check again whether anything is still running.
        self._activity.begin()
        self._activity.end()
