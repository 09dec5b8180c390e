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
from typing import Any, TypeVar

_T = TypeVar("_T")
_Job = tuple[Callable[..., Any], tuple[Any, ...], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class Threads:
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
        self._jobs.put((function, args, loop, done))
        return await done

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
            function, args, loop, done = job
            result: Any = None
            error: BaseException | None = None
            if not done.cancelled():
                try:
                    result = function(*args)
                except BaseException as caught:  # noqa: BLE001 (handed to those who wait)
                    error = caught
            del job, function, args
            with self._lock:
                self._idle += 1
            # The loop may be closed: then nobody waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, done, result, error)
            del result, error, done


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
