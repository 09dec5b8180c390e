"""Sends one request in a batch job, with the accounting and events of any other request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from distilabel.errors import AnswerError, ModelError
from distilabel.models.batch_jobs.pending import current_work
from distilabel.models.http.error_mapping import error_kind
from distilabel.models.protocol import RunStopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from distilabel.models.accounting.usage import Charge, UsageMeter
    from distilabel.models.batch_jobs.job_builder import JobBuilder
    from distilabel.models.batch_jobs.pending import Request
    from distilabel.typing import GenerateOutput


async def ask_in_job(
    builder: JobBuilder,
    key: bytes,
    request: Request,
    meter: UsageMeter,
    number: int,
    stopping: Callable[[], bool],
    is_wanted: Callable[[GenerateOutput], bool],
) -> GenerateOutput:
    """Waits for the response to a request; the poller stores it.

    Args:
        builder: Puts the request into a job.
        key: Key that the answer is stored under.
        request: The request.
        meter: Usage meter of the step.
        number: Number of the request in events.
        stopping: Whether the run is being stopped.
        is_wanted: Whether an output that came in an earlier job can be used.

    Raises:
        AnswerError: The request failed in several jobs, or cannot be answered.
        EndpointError: No job can be submitted or collected.
        RunStopped: The run is being stopped, or the job is left to a later run.
    """
    with await _charge(meter, request, number) as charge:
        begun = asyncio.get_running_loop().time()
        if stopping():
            raise RunStopped
        meter.sent(charge)
        try:
            output, is_first = await builder.ask(key, request, is_wanted)
        except BaseException as error:
            kind = error_kind(error) if isinstance(error, ModelError) else type(error).__name__
            meter.failed(number, str(error) or kind, kind)
            # It may be in a job that will be charged.
            charge.cost = charge.reserved
            if isinstance(error, AnswerError):
                charge.cost = 0.0
                await meter.unusable(charge, error)
            raise
        if is_first:
            await meter.answered(charge, output, asyncio.get_running_loop().time() - begun)
        else:
            # Another step sent an equal request, and has paid for it.
            meter.failed(number, "it is answered already", "Answered")
            meter.reused(output)
        return output


async def _charge(meter: UsageMeter, request: Request, number: int) -> Charge:
    """Reserves the cost of a request; while it waits for money, jobs that free some may go."""
    work = current_work() if meter.is_limited else None
    if work is not None:
        # Looking up the price is work; only what follows is waiting.
        await meter.load_price()
        work.pause()
    try:
        return await meter.charge(request.input, request.count, request.arguments, number)
    finally:
        if work is not None:
            work.resume()
