"""The gathering: questions to one model wait here for each other, then for the job they are in.

It decides what goes into which job and what becomes of each question. When the next job goes is
decided by whoever sees all gatherings of a run; how a job is submitted is the desk's business.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from distilabel._core.events import Emit, JobMoved
from distilabel.errors import AnswerError, EndpointError
from distilabel.models.offline.desk import Desk, Look
from distilabel.models.offline.finding import found_job
from distilabel.models.offline.ledger import Ledger, Record
from distilabel.models.offline.questions import (
    Collected,
    NextJob,
    Posed,
    Question,
    key_of,
    name_of,
)
from distilabel.models.offline.work import work_here
from distilabel.models.stopping import StopAsking

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM
    from distilabel.typing import GenerateOutput

# A question that got no answer in so many jobs fails.
MOST_TRIES: Final = 3
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


class Gathering:
    """Questions to one model at one endpoint.

    Args:
        desk: where jobs are submitted.
        ledger: where they are noted.
        model: who is asked, for people.
        interval: seconds between looks at a job; None leaves jobs to a later run.
        reuse: whether jobs of earlier runs are looked for.
        busy: told when somebody works here.
        about: kept beside the jobs, for people.
        emit: told what becomes of jobs.
    """

    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        *,
        model: str,
        interval: float | None,
        reuse: bool,
        busy: Busy,
        about: Mapping[str, str],
        emit: Emit,
    ) -> None:
        self.desk = desk
        self._ledger = ledger
        self._model = model
        self._interval = interval
        self._reuse = reuse
        self._busy = busy
        self._about = about
        self._emit = emit
        self._next: dict[str, NextJob] = {}
        self._questions: dict[bytes, Question] = {}
        self._records: dict[str, Record] = {}
        self._in_jobs: dict[str, dict[bytes, Question]] = {}
        # Jobs of earlier runs, which are looked at once all that is in them has been asked for.
        self._found: list[Record] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._llms: list[LLM] = []
        self._left: set[str] = set()
        self.arrivals = 0
        self.working = 0

    def serve(self, llm: LLM) -> None:
        """Has a model know the names of the jobs its questions are in."""
        self._llms.append(llm)

    # -- what others see ----------------------------------------------------------------------

    @property
    def gathers(self) -> bool:
        """Whether questions wait for nobody to add one."""
        return bool(self._next or self._found)

    @property
    def watches(self) -> bool:
        """Whether anything goes on that will answer questions."""
        return bool(self._tasks)

    @property
    def has_left(self) -> bool:
        """Whether questions were left to a later run."""
        return bool(self._left)

    @property
    def held(self) -> int:
        """Questions whose rows wait in memory for a job that was submitted."""
        return sum(map(len, self._in_jobs.values()))

    # -- questions ----------------------------------------------------------------------------

    async def ask(self, key: bytes, posed: Posed) -> Collected:
        """Waits for the answer to one question, in whichever job it comes.

        Args:
            key: what its answer is kept under.
            posed: the question.

        Raises:
            AnswerError: it got no answer in several jobs, or never can.
            EndpointError: no job can be submitted or collected.
            StopAsking: its job is left to a later run.
        """
        question = self._questions.get(key)
        if question is None:
            kept = self._place(Question(key, posed))
            if kept is not None:
                return Collected(kept, False)
            question = self._questions[key]
        self.arrivals += 1
        future: asyncio.Future[Collected] = asyncio.get_running_loop().create_future()
        work = work_here()
        question.waiters.append((future, work))
        if work is not None:
            work.waits()
        try:
            return await future
        finally:
            if future.cancelled() and work is not None:
                work.goes_on()

    def _place(self, question: Question) -> GenerateOutput | None:
        """Puts a question into the job it is in already, or into the next one."""
        pointer = self._ledger.pointer(question.key) if self._reuse else None
        if pointer is not None:
            record = self._records.get(pointer.label) or self._ledger.record(pointer.label)
            if record is not None and record.endpoint == self.desk.endpoint:
                self._records[record.label] = record
                question.tries = pointer.tries
                if not record.ended:
                    self._join(record, question)
                    return None
                # It may have come a moment ago.
                kept = self._ledger.answer(question.key)
                if kept is not None:
                    return kept
            if question.tries >= MOST_TRIES:
                question.tries = 0
        self._gather(question)
        return None

    def _join(self, record: Record, question: Question) -> None:
        self._questions[question.key] = question
        questions = self._in_jobs.get(record.label)
        if questions is None:
            questions = self._in_jobs[record.label] = {}
            self._found.append(record)
        questions[question.key] = question

    def _gather(self, question: Question) -> None:
        self._questions[question.key] = question
        request = question.posed.request()
        question.sent = hash(request.body)
        path = request.path
        following = self._next.get(path)
        if following is None:
            following = self._next[path] = NextJob(path)
        line = self.desk.line(name_of(following.label, question.key, request.form), request)
        if following.lines and following.size + len(line) > self.desk.most_bytes:
            self._submit(path)
            self._gather(question)
            return
        question.tries += 1
        following.questions[question.key] = question
        following.lines.append(line)
        following.size += len(line) + 1
        if len(following.lines) >= self.desk.most_questions:
            self._submit(path)

    # -- jobs ---------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Nothing can add a question any more: what was gathered goes."""
        for record in self._found:
            self._start(self._look_after(record, at_once=True))
        self._found = []
        for path in list(self._next):
            self._submit(path)

    def _submit(self, path: str) -> None:
        following = self._next.pop(path)
        record = Record(
            following.label,
            self.desk.endpoint,
            self._model,
            path,
            len(following.lines),
        )
        self._records[record.label] = record
        self._in_jobs[record.label] = following.questions
        self._start(self._submitted(record, following.lines))

    async def _submitted(self, record: Record, lines: list[bytes]) -> None:
        self._works(1)
        try:
            questions = self._in_jobs[record.label]
            await self._ledger.point(record.label, {k: q.tries for k, q in questions.items()})
            # The last thing before, and the first thing after: no moment loses the job.
            await self._ledger.note(record)
            record.job = await self.desk.submit(record.label, record.path, lines, self._about)
            await self._ledger.note(record)
            lines.clear()
            self._tell(record, Look("submitted", False), record.job)
        finally:
            self._works(-1)
        if self._interval is None:
            self._leave(record)
        else:
            await self._look_after(record, at_once=False)

    async def _look_after(self, record: Record, *, at_once: bool) -> None:
        """Waits for a job and hands out what came of it."""
        if not at_once:
            await asyncio.sleep(self._interval or 0)
        blind = 0
        while True:
            self._works(1)
            try:
                look = await self._look(record)
                if look.ended:
                    await self._collect(record, look)
                    return
                blind = 0
            except EndpointError as error:
                blind += 1
                refused = error.status in (401, 403, 404)
                if self._interval is None or refused or blind == _MOST_BLIND_LOOKS:
                    raise
                _log.warning("%s: %s: it is looked at again later", self._model, error)
            finally:
                self._works(-1)
            if self._interval is None:
                self._leave(record)
                return
            await asyncio.sleep(self._interval)

    async def _look(self, record: Record) -> Look:
        if not record.job:
            found = await found_job(self.desk, record)
            if found is None:
                return Look("never submitted", True)
            if not found.is_sure:
                # Once it has ended, the names in it tell.
                look = (await self.desk.look(found.job))._replace(ended=False)
                self._tell(record, look, found.job)
                return look
            record.job = found.job
            await self._ledger.note(record)
        try:
            look = await self.desk.look(record.job)
        except EndpointError as error:
            if error.status != 404:
                raise
            raise EndpointError(
                f"{self.desk.endpoint} does not know the batch job {record.job}, in which "
                f"{record.count} questions wait ({error.message}). Use the key it was submitted "
                "with; if its answers are lost, run once with use_cache=False to ask again.",
                status=404,
            ) from error
        self._tell(record, look, record.job)
        return look

    async def _collect(self, record: Record, look: Look) -> None:
        """Keeps all that came of a job, and tells those who wait."""
        found: dict[bytes, GenerateOutput] = {}
        errors: dict[bytes, AnswerError] = {}
        unkept: dict[bytes, GenerateOutput] = {}
        waiting = self._in_jobs[record.label]
        async for name, outcome in self.desk.results(look):
            key = key_of(name, record.label)
            if key is None:
                continue
            if isinstance(outcome, AnswerError):
                errors[key] = outcome
                continue
            unkept[key] = outcome
            if key in waiting:
                found[key] = outcome
            if len(unkept) >= _TOGETHER:
                await self._ledger.keep(unkept)
                unkept = {}
        await self._ledger.keep(unkept)
        record.ended = True
        await self._ledger.note(record)
        del self._in_jobs[record.label]
        self._names()
        why = look.message or f"the batch job {record.job} ended before ({look.status})"
        for key, question in waiting.items():
            output = found.get(key) or self._ledger.answer(key)
            self._questions.pop(key, None)
            if output is not None:
                question.settle(output)
            else:
                self._again(question, errors.get(key) or AnswerError(why, retryable=True), record)

    def _again(self, question: Question, error: AnswerError, record: Record) -> None:
        """Asks once more what got no answer, or gives it up."""
        if not record.job or question.has_changed(error):
            # It never got there, or will be sent otherwise now.
            question.tries -= 1
        elif not error.retryable or question.tries >= MOST_TRIES:
            error.attempts = question.tries
            question.settle(error)
            return
        self._gather(question)

    # -- leaving ------------------------------------------------------------------------------

    def _leave(self, record: Record) -> None:
        """Leaves a job to a later run, and the rows whose questions are in it."""
        self._left.add(record.label)
        for question in self._in_jobs.pop(record.label).values():
            self._questions.pop(question.key, None)
            question.settle(StopAsking())

    def turn_away(self, error: BaseException) -> None:
        """Tells everybody who waits that the answer will not come in this run."""
        for question in list(self._questions.values()):
            question.settle(error)

    async def close(self) -> None:
        """Lets go of everything; jobs stay where they are."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- telling ------------------------------------------------------------------------------

    def _tell(self, record: Record, look: Look, job: str) -> None:
        self._emit(JobMoved(self._model, job, look.status, record.count, look.done, look.ended))
        self._names()

    def _names(self) -> None:
        names = tuple(r.job for r in self._records.values() if r.job and not r.ended)
        for llm in self._llms:
            llm.jobs_ids = names or None

    def _works(self, more: int) -> None:
        self.working += more
        (self._busy.begin if more > 0 else self._busy.end)()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.turn_away(error)
        # Whoever looks whether anything goes on is to look again.
        self._busy.begin()
        self._busy.end()
