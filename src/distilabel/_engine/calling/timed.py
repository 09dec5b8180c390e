"""Calls that may take so long and no longer: one that hangs is left behind in its thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from distilabel._core.daemon_threads import DaemonThreads

_T = TypeVar("_T")


class TimedCall:
    """Runs synchronous calls one after the other, in a thread that does not belong to the run.

    A thread cannot be stopped. One that is left behind takes no place from others, and as a daemon
    it does not keep the program from ending.

    Args:
        seconds: that each call may take.
        what: is called, for the message.
    """

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what
        self._threads = DaemonThreads(1, "distilabel-timed")

    async def run(self, function: Callable[..., _T], *args: Any) -> _T:
        """Runs a function.

        Raises:
            TimeoutError: it took too long; it goes on in its thread, and nobody waits for it.
        """
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                return await self._threads.run(function, *args)
        except TimeoutError:
            if not limit.expired():
                raise
            self.close()
            self._threads = DaemonThreads(1, "distilabel-timed")
            raise TimeoutError(
                f"{self._what} took longer than {self._seconds:g} s and was left behind"
            ) from None

    def close(self) -> None:
        """Lets go of the thread, without waiting for what it does."""
        self._threads.close()
