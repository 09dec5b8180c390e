"""Threads for synchronous code of steps and models. A thread that hangs keeps nobody from leaving.

The pools of the standard library are waited for at the end of the program; a step that hangs would
then hang the program, however often Ctrl-C is pressed.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar

_T = TypeVar("_T")


class _Ticket(Protocol):
    """Who waits for a function: whether still, and how they are told."""

    def wanted(self) -> bool: ...

    def settle(self, result: Any, error: BaseException | None) -> None: ...


_Job = tuple[Callable[..., Any], tuple[Any, ...], _Ticket]


class DaemonThreads:
    """Daemon threads, started as they are needed.

    Args:
        most: threads at a time; more work than that waits.
        name: of the threads, before their number.
    """

    def __init__(self, most: int, name: str = "distilabel-step") -> None:
        self._most = most
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._idle = 0
        self._queued = 0
        self._closed = False

    async def run(self, function: Callable[..., _T], *args: Any) -> _T:
        """Runs a function in a thread and waits for it; whoever stops waiting leaves it running."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()
        self.begin(function, args, _OnLoop(loop, done))
        return await done

    def begin(self, function: Callable[..., Any], args: tuple[Any, ...], ticket: _Ticket) -> None:
        """Has a function run in a thread.

        Args:
            function: to run.
            args: of it.
            ticket: told of its result, or its error.

        Raises:
            RuntimeError: the threads were let go.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the run is over")
            self._queued += 1
            if self._queued > self._idle and self._started < self._most:
                self._started += 1
                self._idle += 1
                threading.Thread(
                    target=self._work, name=f"{self._name}-{self._started}", daemon=True
                ).start()
        self._jobs.put((function, args, ticket))

    def close(self) -> None:
        """Lets go of the threads, without waiting for those that work."""
        with self._lock:
            self._closed = True
            for _ in range(self._started):
                self._jobs.put(None)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            with self._lock:
                self._queued -= 1
                self._idle -= 1
            function, args, ticket = job
            result: Any = None
            error: BaseException | None = None
            if ticket.wanted():
                try:
                    result = function(*args)
                except BaseException as caught:  # noqa: BLE001 (handed to those who wait)
                    error = caught
            del job, function, args
            with self._lock:
                self._idle += 1
            ticket.settle(result, error)
            del result, error, ticket


class _OnLoop:
    """Somebody on an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, done: asyncio.Future[Any]) -> None:
        self._loop = loop
        self._done = done

    def wanted(self) -> bool:
        return not self._done.cancelled()

    def settle(self, result: Any, error: BaseException | None) -> None:
        # The loop may be closed: then nobody waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, self._done, result, error)


class _Submitted:
    """Somebody who has given a function to an executor."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def wanted(self) -> bool:
        return self._future.set_running_or_notify_cancel()

    def settle(self, result: Any, error: BaseException | None) -> None:
        if self._future.cancelled():
            return
        if error is None:
            self._future.set_result(result)
        else:
            self._future.set_exception(error)


class DaemonExecutor(ThreadPoolExecutor):
    """The executor of an event loop, for `asyncio.to_thread` and for looking up addresses.

    Nobody waits for its threads, neither at the end of the loop nor at that of the program.

    Args:
        most: threads at a time.
    """

    def __init__(self, most: int = 32) -> None:
        # It starts its threads on the first `submit`, which never gets there.
        super().__init__(1)
        self._daemons = DaemonThreads(most, "distilabel-helper")

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """Has a function run in a daemon thread."""
        future: Future[_T] = Future()
        self._daemons.begin(partial(fn, *args, **kwargs), (), _Submitted(future))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lets go of the threads, without waiting."""
        self._daemons.close()


def _settle(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    elif isinstance(error, StopIteration):
        # A future cannot carry it.
        done.set_exception(RuntimeError(f"StopIteration: {error}"))
    else:
        done.set_exception(error)
