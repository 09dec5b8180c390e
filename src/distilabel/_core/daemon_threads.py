"""Daemon threads for synchronous code of steps and models: one that hangs does not block the exit.

The interpreter joins the pools of the standard library when it exits, so a step that hangs there
would hang the program however often Ctrl-C is pressed.
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

from distilabel._core.user_faults import EXITS, ProgramExit

_T = TypeVar("_T")


class _Completion(Protocol):
    """Where the outcome of a function goes."""

    def wanted(self) -> bool:
        """Whether the function is still to run."""

    def settle(self, result: Any, error: BaseException | None) -> None:
        """Takes the result, or the error."""


_Job = tuple[Callable[..., Any], tuple[Any, ...], _Completion]


class DaemonThreads:
    """A pool of daemon threads, which start as they are needed.

    Args:
        most: Maximum number of threads; further work waits in a queue.
        name: Prefix of the threads' names.
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
        """Runs a function in a thread and waits for it; canceling the wait leaves it running.

        Raises:
            ProgramExit: It raised `SystemExit` or `KeyboardInterrupt`.
            RuntimeError: It raised what would steer the waiting coroutine.
            Exception: What it raised.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()
        self.submit(function, args, _LoopCompletion(loop, done))
        return await done

    def submit(
        self, function: Callable[..., Any], args: tuple[Any, ...], completion: _Completion
    ) -> None:
        """Schedules a function in a thread.

        Args:
            function: Function to run.
            args: Its arguments.
            completion: Receives its result or its error.

        Raises:
            RuntimeError: The pool is closed.
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
        self._jobs.put((function, args, completion))

    def close(self) -> None:
        """Ends the idle threads, and each busy one after its function; does not wait."""
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
            function, args, completion = job
            result: Any = None
            error: BaseException | None = None
            if completion.wanted():
                try:
                    result = function(*args)
                except BaseException as caught:  # noqa: BLE001 (passed on to the caller)
                    error = caught
            del job, function, args
            with self._lock:
                self._idle += 1
            completion.settle(result, error)
            del result, error, completion


class _LoopCompletion:
    """Settles a future of an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, done: asyncio.Future[Any]) -> None:
        self._loop = loop
        self._done = done

    def wanted(self) -> bool:
        return not self._done.cancelled()

    def settle(self, result: Any, error: BaseException | None) -> None:
        # The loop may be closed by now.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, self._done, result, error)


class _ExecutorCompletion:
    """Settles the future that an executor returned."""

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
    """Default executor of an event loop, for `asyncio.to_thread` and name resolution.

    Neither the end of the loop nor the end of the program waits for its threads.

    Args:
        most: Maximum number of threads.
    """

    def __init__(self, most: int = 32) -> None:
        # The base class starts threads in its own `submit`, which is never called.
        super().__init__(1)
        self._daemons = DaemonThreads(most, "distilabel-helper")

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """Schedules a function in a daemon thread."""
        future: Future[_T] = Future()
        self._daemons.submit(partial(fn, *args, **kwargs), (), _ExecutorCompletion(future))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Closes the pool without waiting."""
        self._daemons.close()


def _settle(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    elif isinstance(error, EXITS):
        done.set_exception(ProgramExit(error))
    elif isinstance(error, (StopIteration, GeneratorExit, asyncio.CancelledError)):
        # They would steer the coroutine that waits.
        fault = RuntimeError(f"{type(error).__name__}: {error}".rstrip(": "))
        fault.__cause__ = error
        done.set_exception(fault)
    else:
        done.set_exception(error)
