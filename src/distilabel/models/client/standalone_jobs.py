"""Batch jobs without a pipeline: one call submits, a later one collects. Nothing is kept here."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, Final, Optional, Protocol, Tuple

from distilabel import envs
from distilabel._core.sync_bridge import run_sync
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.exceptions import DistilabelOfflineBatchGenerationNotFinishedException

if TYPE_CHECKING:
    from collections.abc import Callable

    from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest, JobStatus
    from distilabel.typing import GenerateOutput

_DONE: Final = frozenset({"completed", "ended"})

_log = logging.getLogger("distilabel.llm")


class HasJobs(Protocol):
    """A model that knows the names of its jobs."""

    jobs_ids: Optional[Tuple[str, ...]]


def submit_or_collect(
    llm: HasJobs, desk: BatchAPI, requests: list[BatchRequest]
) -> list[GenerateOutput]:
    """Submits questions, or collects the answers of the jobs a model names.

    Args:
        llm: the model; its `jobs_ids` say what was submitted, and are forgotten once collected.
        desk: where.
        requests: the questions.

    Returns:
        One output per question; an empty list for one without an answer.

    Raises:
        DistilabelOfflineBatchGenerationNotFinishedException: the jobs are submitted, or at work.
        ValueError: there are neither questions nor jobs.
        RuntimeError: none of the jobs has come to a good end.
    """
    if llm.jobs_ids:
        return run_sync(_collected(llm, desk, llm.jobs_ids))
    if not requests:
        raise DistilabelUserError("There is nothing to do: give `inputs`, or set `jobs_ids`.")
    llm.jobs_ids = run_sync(_submitted(desk, requests))
    raise DistilabelOfflineBatchGenerationNotFinishedException(llm.jobs_ids)


def wait_for(
    call: Callable[[], list[GenerateOutput]], interval: float | None
) -> list[GenerateOutput]:
    """Calls until the jobs are finished.

    Args:
        call: submits or collects.
        interval: seconds between calls; None calls once.

    Raises:
        DistilabelOfflineBatchGenerationNotFinishedException: they are not, and `interval` is None,
            or Ctrl-C was pressed.
    """
    while True:
        try:
            return call()
        except DistilabelOfflineBatchGenerationNotFinishedException as error:
            if interval is None:
                raise
            try:
                time.sleep(interval)
            except KeyboardInterrupt:
                raise error from None


async def _submitted(desk: BatchAPI, requests: list[BatchRequest]) -> tuple[str, ...]:
    if len({request.path for request in requests}) > 1:
        raise DistilabelUserError("A batch takes conversations or texts to complete, not both.")
    about = {
        name: text
        for name, text in (
            ("distilabel_pipeline_name", envs.DISTILABEL_PIPELINE_NAME),
            ("distilabel_pipeline_cache_id", envs.DISTILABEL_PIPELINE_CACHE_ID),
        )
        if text
    }
    jobs: list[str] = []

    async def submit(lines: list[bytes]) -> None:
        label = secrets.token_hex(8)
        try:
            jobs.append(await desk.submit(label, requests[0].path, lines, about))
        except BaseException:
            if jobs:
                _log.warning("submitted before it failed: %s", ", ".join(jobs))
            raise

    lines: list[bytes] = []
    size = 0
    for number, request in enumerate(requests):
        line = desk.encode(str(number), request)
        if lines and (size + len(line) > desk.max_bytes or len(lines) == desk.max_requests):
            await submit(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    await submit(lines)
    return tuple(jobs)


async def _collected(llm: HasJobs, desk: BatchAPI, jobs: tuple[str, ...]) -> list[GenerateOutput]:
    looks = {job: await desk.retrieve(job) for job in jobs}
    if any(not look.ended and look.status != "cancelling" for look in looks.values()):
        raise DistilabelOfflineBatchGenerationNotFinishedException(jobs)
    good = [job for job in jobs if _is_good(job, looks[job])]
    llm.jobs_ids = None
    if not good:
        said = "; ".join(f"{job}: {looks[job].message or looks[job].status}" for job in jobs)
        raise RuntimeError(f"No batch job came to a good end ({said}). Submit the questions again.")
    outputs: dict[int, GenerateOutput] = {}
    for job in good:
        async for name, outcome in desk.results(looks[job]):
            none: GenerateOutput = []  # type: ignore[assignment]
            if isinstance(outcome, AnswerError):
                _log.warning("%s: question %s got no answer: %s", job, name, outcome)
            outputs[int(name)] = none if isinstance(outcome, AnswerError) else outcome
    return [outputs[number] for number in sorted(outputs)]


def _is_good(job: str, look: JobStatus) -> bool:
    if look.status in _DONE:
        return True
    _log.warning("%s: %s, nothing of it is used: %s", job, look.status, look.message or "no reason")
    return False
