"""Notices Ctrl-C while a run goes on, in whatever thread and under whatever event loop it is.

In the main thread Ctrl-C raises `KeyboardInterrupt`. `asyncio.run` handles it in another way: it
cancels its main task, of which synchronous code and code in other threads see nothing.
"""

from __future__ import annotations

import functools
import signal
import threading
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self


class StopRequests:
    """Requests to stop a run, made from another thread.

    Attributes:
        count: Number of requests: the first stops the run gracefully, the second at once.
    """

    def __init__(self) -> None:
        self.count = 0


# Set for runs that are awaited: their caller passes on that it was canceled.
stop_requests: ContextVar[StopRequests | None] = ContextVar("distilabel_stop", default=None)


class Interrupts:
    """Raises `KeyboardInterrupt` in the thread of the caller for a Ctrl-C it would not see."""

    def __init__(self) -> None:
        self._requests = stop_requests.get()
        self._runner = _asyncio_runner() if self._requests is None else None
        self._seen = self._count()
        self._handler: Any = None

    def __enter__(self) -> Self:
        in_main_thread = threading.current_thread() is threading.main_thread()
        if self._runner is not None and in_main_thread:
            # The main task could not be canceled: it is what waits for the run.
            self._handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)

    def check(self) -> None:
        """Looks for a Ctrl-C or a request to stop since the last check.

        Raises:
            KeyboardInterrupt: There was one.
        """
        count = self._count()
        if count > self._seen:
            self._seen += 1
            raise KeyboardInterrupt

    def _count(self) -> int:
        if self._requests is not None:
            return self._requests.count
        return getattr(self._runner, "_interrupt_count", 0)


def _asyncio_runner() -> Any:
    """Returns the `asyncio.Runner` that handles Ctrl-C; None if there is none."""
    handler = signal.getsignal(signal.SIGINT)
    if not isinstance(handler, functools.partial):
        return None
    runner = getattr(handler.func, "__self__", None)
    return runner if hasattr(runner, "_interrupt_count") else None
