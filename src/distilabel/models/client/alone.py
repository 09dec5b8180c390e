"""Batch jobs for a task that is run by itself: what a pipeline keeps is with the model here."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from distilabel.exceptions import DistilabelOfflineBatchGenerationNotFinishedException
from distilabel.models.batch_jobs.coordinator import JobCoordinator
from distilabel.models.batch_jobs.pending import Work, begin_work
from distilabel.models.client.client import ModelClient
from distilabel.models.protocol import RunStopped

if TYPE_CHECKING:
    from distilabel.models.llms.base import LLM

_T = TypeVar("_T")


class Memory:
    """Answers and jobs in memory."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}

    @property
    def held_before(self) -> bool:
        """Whether there is anything in it."""
        return bool(self._values)

    def get(self, key: bytes) -> bytes | None:
        """The value kept under `key`, if any."""
        return self._values.get(key)

    async def put(self, key: bytes, value: bytes) -> None:
        """Keeps a value."""
        self._values[key] = value


class _Bustle:
    """Whether anybody works, where nothing but one call does."""

    def __init__(self) -> None:
        self._busy = 0
        self.wake: Callable[[], None] = lambda: None

    @property
    def idle(self) -> bool:
        """Whether nobody does."""
        return self._busy == 0

    def begin(self) -> None:
        """Somebody starts to work."""
        self._busy += 1

    def end(self) -> None:
        """Somebody has finished working."""
        self._busy -= 1
        self.wake()


async def ask_standalone(
    llm: LLM, work: Callable[[ModelClient], Sequence[Coroutine[Any, Any, _T]]]
) -> list[_T]:
    """Does work whose questions go as batch jobs, outside a pipeline.

    Args:
        llm: the model, which remembers what was submitted.
        work: takes what it is to ask with, and gives coroutines.

    Returns:
        Their results.

    Raises:
        DistilabelOfflineBatchGenerationNotFinishedException: jobs were submitted, or are not
            finished, and the model is not to wait: the same call collects them later.
    """
    if llm._memory is None:
        llm._memory = Memory()
    bustle = _Bustle()
    gatherings = JobCoordinator(
        bustle, llm._memory, metadata={}, emit=lambda event: None, on_left=lambda: None
    )
    bustle.wake = gatherings.wake
    client = ModelClient(llm, answers=llm._memory, gathering=gatherings.builder(llm, reuse=True))
    begin_work(Work(bustle.end, bustle.begin))
    bustle.begin()
    try:
        return await client.together(work(client))
    except RunStopped:
        raise DistilabelOfflineBatchGenerationNotFinishedException(llm.jobs_ids or ()) from None
    finally:
        await gatherings.close()
