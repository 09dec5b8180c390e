"""Asking one question by way of a batch job: paid for, waited for, and told of as any other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from distilabel.errors import AnswerError, ModelError
from distilabel.models.batch_jobs.work import work_here
from distilabel.models.http.error_mapping import error_kind
from distilabel.models.protocol import RunStopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from distilabel.models.accounting.usage import Charge, UsageMeter
    from distilabel.models.batch_jobs.job_builder import JobBuilder
    from distilabel.models.batch_jobs.pending import Request
    from distilabel.typing import GenerateOutput


async def ask_in_job(
    gathering: JobBuilder,
    key: bytes,
    posed: Request,
    bill: UsageMeter,
    number: int,
    stopping: Callable[[], bool],
    is_wanted: Callable[[GenerateOutput], bool],
) -> GenerateOutput:
    """Waits for the answer to one question, which is kept by whoever reads the job.

    Args:
        gathering: where it waits for others.
        key: what its answer is kept under.
        posed: the question.
        bill: what it is charged to.
        number: of the question, for events.
        stopping: whether the run is being stopped.
        is_wanted: whether an output can be used; a job may have brought one that can not.

    Raises:
        AnswerError: it got no answer in several jobs, or never can.
        EndpointError: no job can be submitted or collected.
        RunStopped: the run is being stopped, or the job is left to a later one.
    """
    with await _charge(bill, posed, number) as charge:
        begun = asyncio.get_running_loop().time()
        if stopping():
            raise RunStopped
        bill.sent(charge)
        try:
            output, is_first = await gathering.ask(key, posed, is_wanted)
        except BaseException as error:
            kind = error_kind(error) if isinstance(error, ModelError) else type(error).__name__
            bill.failed(number, str(error) or kind, kind)
            # It may be in a job that will be charged.
            charge.cost = charge.reserved
            if isinstance(error, AnswerError):
                charge.cost = 0.0
                await bill.unusable(charge, error)
            raise
        if is_first:
            await bill.answered(charge, output, asyncio.get_running_loop().time() - begun)
        else:
            # Another step asked the very same, and has paid.
            bill.failed(number, "it is answered already", "Answered")
            bill.reused(output)
        return output


async def _charge(bill: UsageMeter, posed: Request, number: int) -> Charge:
    """The charge of a question; while it waits for money, jobs that give some back may go."""
    work = work_here() if bill.is_limited else None
    if work is not None:
        work.waits()
    try:
        return await bill.charge(posed.input, posed.count, posed.arguments, number)
    finally:
        if work is not None:
            work.goes_on()
