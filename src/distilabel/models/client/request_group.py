"""Runs coroutines that ask a model together, and waits for the requests that are in flight."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar

from distilabel.errors import EndpointError
from distilabel.models.protocol import RunStopped

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

# Seconds that requests in flight get to finish after an error that ends the group.
PATIENCE: Final = 60.0

_T = TypeVar("_T")

_branch: ContextVar[Branch | None] = ContextVar("distilabel_branch", default=None)


def current_branch() -> Branch | None:
    """Returns the branch that the running code belongs to; None outside a group."""
    return _branch.get()


class Branch:
    """One coroutine of a group, with the number of its requests in flight.

    Args:
        coroutine: The coroutine; it starts to run as a task.
        parent: Branch that the group belongs to, if any.

    Attributes:
        task: Task of the coroutine.
    """

    __slots__ = ("_in_flight", "_is_stopped", "_parent", "task")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], parent: Branch | None) -> None:
        self._parent = parent
        self._in_flight = 0
        self._is_stopped = False
        context = copy_context()
        context.run(_branch.set, self)
        loop = asyncio.get_running_loop()
        self.task: asyncio.Task[Any] = loop.create_task(coroutine, context=context)

    @property
    def is_stopped(self) -> bool:
        """Whether no further request of the branch may be sent."""
        branch: Branch | None = self
        while branch is not None:
            if branch._is_stopped:
                return True
            branch = branch._parent
        return False

    def sent(self) -> None:
        """Counts a request that is sent."""
        branch: Branch | None = self
        while branch is not None:
            branch._in_flight += 1
            branch = branch._parent

    def returned(self) -> None:
        """Counts a request that has ended, its answer stored."""
        branch: Branch | None = self
        while branch is not None:
            branch._in_flight -= 1
            branch._cancel_if_done()
            branch = branch._parent

    def stop(self) -> None:
        """Cancels the coroutine as soon as none of its requests is in flight."""
        self._is_stopped = True
        self._cancel_if_done()

    def _cancel_if_done(self) -> None:
        if self._is_stopped and not self._in_flight:
            self.task.cancel()


async def run_together(work: Sequence[Coroutine[Any, Any, _T]], *, keeps: bool) -> list[_T]:
    """Runs coroutines that ask a model until all are done or one fails; leaves none running.

    Args:
        work: The coroutines.
        keeps: Whether answers are stored. Then a failure cancels no request in flight: the answer
            is paid for, and the next run finds it. After an `EndpointError` nothing more is sent,
            and requests in flight get `PATIENCE` seconds.

    Returns:
        Their results, in the same order.

    Raises:
        EndpointError: The endpoint cannot be used, for one of the coroutines.
        RunStopped: The run is being stopped.
        Exception: What the first coroutine that failed raised.
    """
    if not work:
        return []
    parent = _branch.get()
    branches = [Branch(coroutine, parent) for coroutine in work]
    tasks: list[asyncio.Task[_T]] = [branch.task for branch in branches]
    fatal: list[EndpointError] = []
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None

    def check(task: asyncio.Task[_T]) -> None:
        nonlocal timer
        error = None if task.cancelled() else task.exception()
        if isinstance(error, EndpointError) and not fatal:
            fatal.append(error)
            timer = loop.call_later(PATIENCE, cancel)
            for branch in branches:
                branch.stop()

    def cancel() -> None:
        for task in tasks:
            task.cancel()

    if keeps:
        for task in tasks:
            task.add_done_callback(check)
    try:
        await asyncio.wait(
            tasks, return_when=asyncio.ALL_COMPLETED if keeps else asyncio.FIRST_EXCEPTION
        )
    finally:
        cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if timer is not None:
            timer.cancel()
    if fatal:
        raise fatal[0]
    errors = [None if task.cancelled() else task.exception() for task in tasks]
    for kind in (EndpointError, RunStopped, Exception):
        for error in errors:
            if isinstance(error, kind):
                raise error
    return [task.result() for task in tasks]
