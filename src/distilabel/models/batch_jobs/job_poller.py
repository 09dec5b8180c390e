"""The watcher: submits a job or finds it again, waits for its end, and reads what came of it.

Knows jobs, not who waits for the answers in them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from distilabel._core.events import Emit, JobUpdated
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.batch_jobs.apis.base import BatchAPI, JobStatus
from distilabel.models.batch_jobs.finding import found_job
from distilabel.models.batch_jobs.job_store import JobRecord, JobStore
from distilabel.models.batch_jobs.pending import key_of

if TYPE_CHECKING:
    from distilabel.typing import GenerateOutput

# So many looks in a row may find nobody there.
_MOST_BLIND_LOOKS: Final = 20
# Answers that are read from a job before they are kept.
_TOGETHER: Final = 5000

_log = logging.getLogger("distilabel.llm")


class Busy(Protocol):
    """Who is to know that somebody works."""

    def begin(self) -> None:
        """Somebody starts to work."""

    def end(self) -> None:
        """Somebody has finished working."""


class JobPoller:
    """Looks after jobs at one desk.

    Args:
        desk: where jobs are submitted.
        ledger: where they are noted.
        interval: seconds between looks at a job; None looks once.
        busy: told when somebody works here; waiting is no work.
        about: kept beside the jobs, for people.
        emit: told what becomes of jobs.

    Attributes:
        working: how many jobs are being submitted, looked at or read.
    """

    def __init__(
        self,
        desk: BatchAPI,
        ledger: JobStore,
        *,
        interval: float | None,
        busy: Busy,
        about: Mapping[str, str],
        emit: Emit,
    ) -> None:
        self.working = 0
        self._desk = desk
        self._ledger = ledger
        self._interval = interval
        self._busy = busy
        self._about = about
        self._emit = emit
        self._told: dict[str, JobUpdated] = {}

    @contextmanager
    def _works(self) -> Iterator[None]:
        self.working += 1
        self._busy.begin()
        try:
            yield
        finally:
            self.working -= 1
            self._busy.end()

    async def submit(self, record: JobRecord, lines: list[bytes], tries: dict[bytes, int]) -> None:
        """Submits a job, so that no moment at which the run is killed loses it.

        Args:
            record: of it; gets the provider's name.
            lines: the questions; let go of once they are submitted.
            tries: key → how many jobs the question has been in, with this one.

        Raises:
            EndpointError: it cannot be submitted.
        """
        with self._works():
            await self._ledger.point(record.label, tries)
            # The last thing before, and the first thing after.
            await self._ledger.note(record)
            record.job = await self._desk.submit(record.label, record.path, lines, self._about)
            await self._ledger.note(record)
            lines.clear()
            self._tell(record, JobStatus("submitted", False), record.job)

    async def wait(self, record: JobRecord, *, at_once: bool) -> JobStatus | None:
        """Waits for the end of a job.

        Args:
            record: of the job.
            at_once: whether to look now; else once it has had some time.

        Returns:
            How it stands at its end; None if it is left to a later run.

        Raises:
            EndpointError: it cannot be looked at, or is not known.
        """
        if not at_once:
            if self._interval is None:
                return None
            await asyncio.sleep(self._interval)
        blind = 0
        while True:
            try:
                with self._works():
                    look = await self._look(record)
                if look.ended:
                    return look
                blind = 0
            except EndpointError as error:
                blind += 1
                refused = error.status in (401, 403, 404)
                if self._interval is None or refused or blind == _MOST_BLIND_LOOKS:
                    raise
                _log.warning("%s: %s: it is looked at again later", record.model, error)
            if self._interval is None:
                return None
            await asyncio.sleep(self._interval)

    async def _look(self, record: JobRecord) -> JobStatus:
        if not record.job:
            found = await found_job(self._desk, record)
            if found is None:
                return JobStatus("never submitted", True)
            if not found.is_sure:
                # Once it has ended, the names in it tell.
                look = (await self._desk.look(found.job))._replace(ended=False)
                self._tell(record, look, found.job)
                return look
            record.job = found.job
            await self._ledger.note(record)
        try:
            look = await self._desk.look(record.job)
        except EndpointError as error:
            if error.status != 404:
                raise
            raise EndpointError(
                f"{self._desk.endpoint} does not know the batch job {record.job}, in which "
                f"{record.count} questions wait ({error.message}). Use the key it was submitted "
                "with; if its answers are lost, run once with use_cache=False to ask again.",
                status=404,
            ) from error
        self._tell(record, look, record.job)
        return look

    async def collect(
        self, record: JobRecord, look: JobStatus, wanted: Container[bytes]
    ) -> dict[bytes, GenerateOutput | AnswerError]:
        """Keeps all answers of a job that has ended.

        Args:
            record: of the job.
            look: how it stands.
            wanted: keys of the questions somebody waits for.

        Returns:
            By key: the answers to those, and why others have none.

        Raises:
            EndpointError: the answers cannot be read or kept; another run can try.
        """
        outcomes: dict[bytes, GenerateOutput | AnswerError] = {}
        unkept: dict[bytes, GenerateOutput] = {}
        with self._works():
            async for name, outcome in self._desk.results(look):
                key = key_of(name, record.label)
                if key is None:
                    continue
                if key in wanted:
                    outcomes[key] = outcome
                if not isinstance(outcome, AnswerError):
                    unkept[key] = outcome
                if len(unkept) >= _TOGETHER:
                    await self._ledger.keep(unkept)
                    unkept = {}
            await self._ledger.keep(unkept)
            record.ended = True
            await self._ledger.note(record)
        return outcomes

    def _tell(self, record: JobRecord, look: JobStatus, job: str) -> None:
        event = JobUpdated(record.model, job, look.status, record.count, look.done, look.ended)
        if self._told.get(record.label) != event:
            self._told[record.label] = event
            self._emit(event)
