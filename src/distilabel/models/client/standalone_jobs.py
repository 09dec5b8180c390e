"""Batch jobs outside a pipeline: one call submits them, a later one collects their answers."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from distilabel import envs
from distilabel._core.sync_bridge import run_sync
from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.exceptions import DistilabelOfflineBatchGenerationNotFinishedException
from distilabel.models.batch_jobs.coordinator import JobCoordinator
from distilabel.models.batch_jobs.pending import Work, begin_work
from distilabel.models.client.client import ModelClient
from distilabel.models.protocol import Model, RunStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from distilabel.models.batch_jobs.apis.base import BatchAPI, BatchRequest, JobStatus
    from distilabel.typing import GenerateOutput

_T = TypeVar("_T")

_DONE: Final = frozenset({"completed", "ended"})

_log = logging.getLogger("distilabel.llm")


# -- lists of questions: the model only remembers the ids of its jobs ---------------------------


def submit_or_collect(
    llm: Model, api: BatchAPI, requests: list[BatchRequest]
) -> list[GenerateOutput]:
    """Submits batch jobs, or collects the answers of those that were submitted before.

    Args:
        llm: The model. Its `jobs_ids` name the submitted jobs; they are cleared once collected.
        api: Batch API of its provider.
        requests: The requests; not needed to collect.

    Returns:
        One output per request, in order; an empty list for a request without an answer.

    Raises:
        DistilabelOfflineBatchGenerationNotFinishedException: The jobs were submitted now, or have
            not ended.
        ValueError: There are neither requests nor jobs.
        RuntimeError: No job has completed.
    """
    if llm.jobs_ids:
        return run_sync(_collect(llm, api, llm.jobs_ids))
    if not requests:
        raise DistilabelUserError(
            "Offline batch generation: there is nothing to submit or to collect. Pass `inputs`, "
            "or set `jobs_ids`."
        )
    llm.jobs_ids = run_sync(_submit(api, requests))
    raise DistilabelOfflineBatchGenerationNotFinishedException(llm.jobs_ids)


def wait_for(
    call: Callable[[], list[GenerateOutput]], interval: float | None
) -> list[GenerateOutput]:
    """Calls a function until the jobs have ended.

    Args:
        call: Submits the jobs or collects their answers.
        interval: Seconds between two calls; None calls once.

    Raises:
        DistilabelOfflineBatchGenerationNotFinishedException: The jobs have not ended, and
            `interval` is None or Ctrl-C was pressed.
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


async def _submit(api: BatchAPI, requests: list[BatchRequest]) -> tuple[str, ...]:
    if len({request.path for request in requests}) > 1:
        raise DistilabelUserError(
            "Offline batch generation: `inputs` mixes conversations and texts to complete. Pass "
            "them in separate calls."
        )
    metadata = {
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
            jobs.append(await api.submit(label, requests[0].path, lines, metadata))
        except BaseException:
            if jobs:
                _log.warning("batch jobs submitted before the error: %s", ", ".join(jobs))
            raise

    lines: list[bytes] = []
    size = 0
    for number, request in enumerate(requests):
        line = api.encode(str(number), request)
        if lines and (size + len(line) > api.max_bytes or len(lines) == api.max_requests):
            await submit(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    await submit(lines)
    return tuple(jobs)


async def _collect(llm: Model, api: BatchAPI, jobs: tuple[str, ...]) -> list[GenerateOutput]:
    statuses = {job: await api.retrieve(job) for job in jobs}
    if any(not each.ended and each.status != "cancelling" for each in statuses.values()):
        raise DistilabelOfflineBatchGenerationNotFinishedException(jobs)
    completed = [job for job in jobs if _is_completed(job, statuses[job])]
    llm.jobs_ids = None
    if not completed:
        reasons = "; ".join(
            f"{job}: {statuses[job].message or statuses[job].status}" for job in jobs
        )
        raise RuntimeError(f"No batch job completed ({reasons}). Submit the questions again.")
    outputs: dict[int, GenerateOutput] = {}
    for job in completed:
        async for name, outcome in api.results(statuses[job]):
            nothing: GenerateOutput = []  # type: ignore[assignment]
            if isinstance(outcome, AnswerError):
                _log.warning("%s: question %s has no answer: %s", job, name, outcome)
            outputs[int(name)] = nothing if isinstance(outcome, AnswerError) else outcome
    return [outputs[number] for number in sorted(outputs)]


def _is_completed(job: str, status: JobStatus) -> bool:
    if status.status in _DONE:
        return True
    reason = status.message or "no reason given"
    _log.warning("%s: %s, its answers are not used: %s", job, status.status, reason)
    return False


# -- a task: the model remembers its answers and jobs, as the answer store does in a pipeline -----


class StandaloneStore:
    """Stores answers and job records in memory."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}

    @property
    def held_before(self) -> bool:
        """Whether it holds any value."""
        return bool(self._values)

    def get(self, key: bytes) -> bytes | None:
        """Returns the value stored under `key`; None if there is none."""
        return self._values.get(key)

    async def put(self, key: bytes, value: bytes) -> None:
        """Stores a value."""
        self._values[key] = value

    def report_damage(self, key: bytes) -> None:
        """Does nothing: values in memory are not damaged."""


class _Activity:
    """Whether anything is running, where there is only one call."""

    def __init__(self) -> None:
        self._running = 0
        self.wake: Callable[[], None] = lambda: None

    @property
    def idle(self) -> bool:
        """Whether nothing is running."""
        return self._running == 0

    def begin(self) -> None:
        """Counts something that starts."""
        self._running += 1

    def end(self) -> None:
        """Counts something that has ended."""
        self._running -= 1
        self.wake()


async def ask_standalone(
    llm: Model, work: Callable[[ModelClient], Sequence[Coroutine[Any, Any, _T]]]
) -> list[_T]:
    """Does work whose questions go in batch jobs.

    Args:
        llm: The model, which remembers what was submitted.
        work: Function that takes the client to ask and returns coroutines.

    Returns:
        The results of the coroutines, in order.

    Raises:
        DistilabelOfflineBatchGenerationNotFinishedException: The jobs were submitted or have not
            ended, and the model does not wait for them: the same call collects them later.
    """
    store = llm._standalone_store
    if store is None:
        store = llm._standalone_store = StandaloneStore()
    activity = _Activity()
    coordinator = JobCoordinator(
        activity, store, metadata={}, emit=lambda event: None, on_left=lambda: None
    )
    activity.wake = coordinator.wake
    client = ModelClient(llm, answers=store, job_builder=coordinator.builder(llm, reuse=True))
    begin_work(Work(activity.end, activity.begin))
    activity.begin()
    try:
        return await client.together(work(client))
    except RunStopped:
        raise DistilabelOfflineBatchGenerationNotFinishedException(llm.jobs_ids or ()) from None
    finally:
        await coordinator.close()
