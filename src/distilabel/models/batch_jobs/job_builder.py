"""The gathering: questions to one model wait here for each other, then for the job they are in.

It decides what goes into which job and what becomes of each question. When the next job goes is
decided by whoever sees all gatherings of a run; how jobs are submitted and read is the watcher's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from distilabel.errors import AnswerError
from distilabel.models.batch_jobs.apis.base import BatchAPI, JobStatus
from distilabel.models.batch_jobs.job_poller import Busy, JobPoller
from distilabel.models.batch_jobs.job_store import JobRecord, JobStore
from distilabel.models.batch_jobs.pending import NextJob, Pending, PendingRequest, Request, name_of
from distilabel.models.batch_jobs.work import work_here
from distilabel.models.protocol import RunStopped

if TYPE_CHECKING:
    from distilabel.models.protocol import Model
    from distilabel.typing import GenerateOutput

# A question that got no answer in so many jobs fails.
MOST_TRIES: Final = 3


class JobBuilder:
    """Questions to one model at one endpoint.

    Args:
        desk: where jobs are submitted.
        ledger: where they are noted.
        watcher: submits and reads them.
        model: who is asked, for people.
        reuse: whether jobs of earlier runs are looked for.
        busy: told when somebody has worked here.

    Attributes:
        arrivals: questions that came so far.
    """

    def __init__(
        self,
        desk: BatchAPI,
        ledger: JobStore,
        watcher: JobPoller,
        *,
        model: str,
        reuse: bool,
        busy: Busy,
    ) -> None:
        self.desk = desk
        self.arrivals = 0
        self._ledger = ledger
        self._watcher = watcher
        self._model = model
        self._reuse = reuse
        self._busy = busy
        # The job that is being gathered, by path; those that are, and the questions in jobs.
        self._next: dict[str, NextJob] = {}
        self._ready: deque[NextJob] = deque()
        self._in_jobs: dict[str, dict[bytes, PendingRequest]] = {}
        self._questions: dict[bytes, PendingRequest] = {}
        self._records: dict[str, JobRecord] = {}
        # Jobs of earlier runs, which are looked at once all that is in them has been asked for.
        self._found: list[JobRecord] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._llms: list[Model] = []
        # Where the provider took no more, one job goes at a time.
        most = ledger.most(desk.endpoint, model)
        self._careful = most is not None
        self._most = most or desk.most_questions
        self.has_left = False

    def serve(self, llm: Model) -> None:
        """Has a model know the names of the jobs its questions are in."""
        self._llms.append(llm)

    # -- what others see ----------------------------------------------------------------------

    @property
    def gathers(self) -> bool:
        """Whether questions wait for nobody to add one."""
        return bool(self._next or self._found)

    @property
    def has_questions(self) -> bool:
        """Whether any question waits here, whatever for."""
        return bool(self._questions)

    @property
    def watches(self) -> bool:
        """Whether anything goes on that will answer questions."""
        return bool(self._tasks)

    @property
    def working(self) -> bool:
        """Whether a job is being submitted, looked at or read."""
        return self._watcher.working > 0

    @property
    def held(self) -> int:
        """Questions whose rows wait in memory for a job that is gathered."""
        ready = sum(len(job.questions) for job in self._ready)
        return ready + sum(map(len, self._in_jobs.values()))

    # -- questions ----------------------------------------------------------------------------

    async def ask(
        self,
        key: bytes,
        posed: Request,
        is_wanted: Callable[[GenerateOutput], bool] = lambda output: True,
    ) -> Pending:
        """Waits for the answer to one question, in whichever job it comes.

        Args:
            key: what its answer is kept under.
            posed: the question.
            is_wanted: whether an output that is kept already can be used.

        Raises:
            AnswerError: it got no answer in several jobs, or never can.
            EndpointError: no job can be submitted or collected.
            RunStopped: its job is left to a later run.
        """
        question = self._questions.get(key)
        if question is None:
            question = PendingRequest(key, posed)
            kept = self._place(question, is_wanted)
            if kept is not None:
                return Pending(kept, False)
        self.arrivals += 1
        future: asyncio.Future[Pending] = asyncio.get_running_loop().create_future()
        work = work_here()
        question.waiters.append((future, work))
        if work is not None:
            work.waits()
        try:
            return await future
        finally:
            if future.cancelled() and work is not None:
                work.goes_on()

    def _place(
        self, question: PendingRequest, is_wanted: Callable[[GenerateOutput], bool]
    ) -> GenerateOutput | None:
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
                if kept is not None and is_wanted(kept):
                    return kept
            if question.tries >= MOST_TRIES:
                question.tries = 0
        self._gather(question)
        return None

    def _join(self, record: JobRecord, question: PendingRequest) -> None:
        self._questions[question.key] = question
        questions = self._in_jobs.get(record.label)
        if questions is None:
            questions = self._in_jobs[record.label] = {}
            self._found.append(record)
        questions[question.key] = question

    def _gather(self, question: PendingRequest) -> None:
        self._questions[question.key] = question
        request = question.posed.request()
        following = self._next.get(request.path)
        if following is None:
            following = self._next[request.path] = NextJob(request.path)
        line = self.desk.line(name_of(following.label, question.key, request.form), request)
        if following.lines and following.size + len(line) > self.desk.most_bytes:
            self._close_job(request.path)
            self._gather(question)
            return
        question.tries += 1
        following.add(question, line)
        if len(following.lines) >= self._most:
            self._close_job(request.path)

    # -- jobs ---------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Nothing can add a question any more: what was gathered goes."""
        for record in self._found:
            self._start(self._followed(record, at_once=True))
        self._found = []
        for path in list(self._next):
            self._close_job(path)

    def _close_job(self, path: str) -> None:
        self._ready.append(self._next.pop(path))
        self._submit_ready()

    def _submit_ready(self) -> None:
        while self._ready and not (self._careful and self._in_jobs):
            job = self._ready.popleft()
            record = JobRecord(
                job.label, self.desk.endpoint, self._model, job.path, len(job.questions)
            )
            self._records[job.label] = record
            self._in_jobs[job.label] = job.questions
            self._start(self._submitted(record, job))

    async def _submitted(self, record: JobRecord, job: NextJob) -> None:
        tries = {key: question.tries for key, question in job.questions.items()}
        await self._watcher.submit(record, job.lines, tries)
        self._name_jobs()
        await self._followed(record, at_once=False)

    async def _followed(self, record: JobRecord, *, at_once: bool) -> None:
        """Waits for a job and hands out what came of it."""
        look = await self._watcher.wait(record, at_once=at_once)
        if look is None:
            self._leave(record)
            return
        waiting = self._in_jobs[record.label]
        outcomes = await self._watcher.collect(record, look, waiting)
        del self._in_jobs[record.label]
        self._name_jobs()
        if look.is_too_much:
            self._careful = True
            self._most = max(1, record.count // 2)
            await self._ledger.note_most(record.endpoint, record.model, self._most)
        why = look.message or f"the batch job {record.job} ended before ({look.status})"
        for key, question in waiting.items():
            self._questions.pop(key, None)
            outcome = outcomes.get(key) or self._ledger.answer(key)
            if outcome is None or isinstance(outcome, AnswerError):
                error = outcome or AnswerError(why, retryable=True)
                self._again(question, error, self._was_tried(record, look))
            else:
                question.settle(outcome)
        self._submit_ready()

    def _was_tried(self, record: JobRecord, look: JobStatus) -> bool:
        """Whether a job that ended says anything about the questions in it."""
        return bool(record.job) and not (look.is_too_much and record.count > 1)

    def _again(self, question: PendingRequest, error: AnswerError, was_tried: bool) -> None:
        """Asks once more what got no answer, or gives it up."""
        if not was_tried:
            question.tries -= 1
        elif question.tries >= MOST_TRIES or not (error.retryable or question.posed.learn(error)):
            error.attempts = question.tries
            question.settle(error)
            return
        self._gather(question)

    # -- leaving ------------------------------------------------------------------------------

    def _leave(self, record: JobRecord) -> None:
        """Leaves a job to a later run, and the rows whose questions are in it."""
        self.has_left = True
        self._name_jobs()
        self._let_go(self._in_jobs.pop(record.label))
        if self._careful:
            # It can only go when that one has ended.
            for job in self._ready:
                self._let_go(job.questions)
            self._ready.clear()

    def _let_go(self, questions: dict[bytes, PendingRequest]) -> None:
        for question in questions.values():
            self._questions.pop(question.key, None)
            question.settle(RunStopped())

    def turn_away(self, error: BaseException) -> None:
        """Tells everybody who waits that the answer will not come in this run."""
        self._next.clear()
        self._ready.clear()
        self._found.clear()
        for question in list(self._questions.values()):
            question.settle(error)

    async def close(self) -> None:
        """Lets go of everything; jobs stay where they are."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _name_jobs(self) -> None:
        names = tuple(r.job for r in self._records.values() if r.job and not r.ended)
        for llm in self._llms:
            llm.jobs_ids = names or None

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
