"""`JobPoller`: submits a job or finds a lost one, waits for its end, and stores its responses.

Knows jobs, not the rows that wait for their responses.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from distilabel._core.events import Emit, JobUpdated
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.batch_jobs.apis.base import BatchAPI, FoundJob, JobStatus
from distilabel.models.batch_jobs.job_store import JobRecord, JobStore
from distilabel.models.batch_jobs.pending import request_key

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# A request may still arrive after the process that sent it was killed: a job that is not found
# within so many seconds is searched for once more.
ARRIVAL_SECONDS: Final = 3.0
# Checks of a job that may fail in a row.
_MAX_FAILED_CHECKS: Final = 20
# Responses that are read from a job before they are stored.
_STORE_BATCH: Final = 5000

_log = logging.getLogger("distilabel.llm")


class Activity(Protocol):
    """Counts the running work of a run."""

    @property
    def idle(self) -> bool:
        """True if nothing is running."""
        ...

    def begin(self) -> None:
        """Counts one more piece of running work."""

    def end(self) -> None:
        """Counts one piece of running work less."""


class JobPoller:
    """Submits, checks and collects jobs at one endpoint.

    Args:
        api: Batch API of the endpoint.
        store: Store of the job records.
        interval: Seconds between checks of a job; None checks it once.
        activity: Counts requests to the API as running work; waiting is not counted.
        metadata: Texts stored with each job, for people.
        emit: Receives the events of jobs.

    Attributes:
        active: Number of jobs that are being submitted, checked or collected right now.
    """

    def __init__(
        self,
        api: BatchAPI,
        store: JobStore,
        *,
        interval: float | None,
        activity: Activity,
        metadata: Mapping[str, str],
        emit: Emit,
    ) -> None:
        self.active = 0
        self._api = api
        self._store = store
        self._interval = interval
        self._activity = activity
        self._metadata = metadata
        self._emit = emit
        self._last_events: dict[str, JobUpdated] = {}

    @contextmanager
    def _running(self) -> Iterator[None]:
        self.active += 1
        self._activity.begin()
        try:
            yield
        finally:
            self.active -= 1
            self._activity.end()

    async def submit(self, record: JobRecord, lines: list[bytes], tries: dict[bytes, int]) -> None:
        """Submits a job so that it is never lost, whenever the run is killed.

        Args:
            record: Record of the job; gets the provider's identifier.
            lines: Encoded requests; cleared once they are submitted.
            tries: Number of jobs each request has been in, with this one, by key.

        Raises:
            EndpointError: The job cannot be submitted.
        """
        with self._running():
            await self._store.save_references(record.label, tries)
            # Directly before and directly after the submission.
            await self._store.save_record(record)
            record.job = await self._api.submit(record.label, record.path, lines, self._metadata)
            await self._store.save_record(record)
            lines.clear()
            self._report(record, JobStatus("submitted", False), record.job)

    async def wait(self, record: JobRecord, *, at_once: bool) -> JobStatus | None:
        """Waits for the end of a job.

        Args:
            record: Record of the job.
            at_once: Whether to check now, rather than after one interval.

        Returns:
            Final status of the job; None if the job is left to a later run.

        Raises:
            EndpointError: The job cannot be checked, or does not exist.
        """
        if not at_once:
            if self._interval is None:
                return None
            await asyncio.sleep(self._interval)
        failed = 0
        while True:
            try:
                with self._running():
                    status = await self._check(record)
                if status.ended:
                    return status
                failed = 0
            except EndpointError as error:
                failed += 1
                refused = error.status in (401, 403, 404)
                if self._interval is None or refused or failed == _MAX_FAILED_CHECKS:
                    raise
                _log.warning("%s: %s. The batch job is checked again later.", record.model, error)
            if self._interval is None:
                return None
            await asyncio.sleep(self._interval)

    async def _check(self, record: JobRecord) -> JobStatus:
        if not record.job:
            found = await self._find(record)
            if found is None:
                return JobStatus("never submitted", True)
            if not found.is_sure:
                # The names in it will tell, once it has ended.
                status = (await self._api.retrieve(found.job))._replace(ended=False)
                self._report(record, status, found.job)
                return status
            record.job = found.job
            await self._store.save_record(record)
        try:
            status = await self._api.retrieve(record.job)
        except EndpointError as error:
            if error.status != 404:
                raise
            raise EndpointError(
                f"{self._api.endpoint} does not know the batch job {record.job}, in which "
                f"{record.count} questions wait ({error.message}). Use the key it was submitted "
                "with. If its answers are lost, run once with use_cache=False to ask again.",
                status=404,
            ) from error
        self._report(record, status, record.job)
        return status

    async def _find(self, record: JobRecord) -> FoundJob | None:
        """Finds a job that a killed run may have submitted."""
        found = await self._api.find(record.label, record.count, record.created)
        left = ARRIVAL_SECONDS - (time.time() - record.created)
        if found is None and left > 0:
            await asyncio.sleep(left)
            found = await self._api.find(record.label, record.count, record.created)
        return found

    async def collect(
        self, record: JobRecord, status: JobStatus, wanted: Container[bytes]
    ) -> dict[bytes, GenerateOutput | AnswerError]:
        """Stores all responses of an ended job.

        Args:
            record: Record of the job.
            status: Final status of the job.
            wanted: Keys of the requests to return results for.

        Returns:
            Outputs and errors of the wanted requests, by key.

        Raises:
            EndpointError: The responses cannot be read or stored; another run can try again.
        """
        results: dict[bytes, GenerateOutput | AnswerError] = {}
        unsaved: dict[bytes, GenerateOutput] = {}
        with self._running():
            async for name, result in self._api.results(status):
                key = request_key(name, record.label)
                if key is None:
                    continue
                if key in wanted:
                    results[key] = result
                if not isinstance(result, AnswerError):
                    unsaved[key] = result
                if len(unsaved) >= _STORE_BATCH:
                    await self._store.save_answers(unsaved)
                    unsaved = {}
            await self._store.save_answers(unsaved)
            record.ended = True
            await self._store.save_record(record)
        return results

    def _report(self, record: JobRecord, status: JobStatus, job: str) -> None:
        event = JobUpdated(
            record.model, job, status.status, record.count, status.done, status.ended
        )
        if self._last_events.get(record.label) != event:
            self._last_events[record.label] = event
            self._emit(event)
