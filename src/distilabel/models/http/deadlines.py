"""Time limits of many requests with one timer, because a timer for each costs more than a reply."""

from __future__ import annotations

import asyncio
import math
from typing import Any


class Deadlines:
    """Futures that fail unless they are done in time.

    Args:
        loop: Event loop of the futures.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        # By the number of seconds: in each of them, the first to be added is the first to expire.
        self._queues: dict[float, dict[asyncio.Future[Any], float]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    def add(self, future: asyncio.Future[Any], seconds: float) -> None:
        """Has a future raise `TimeoutError` unless it is removed in time.

        Args:
            future: The future.
            seconds: How much time it has.
        """
        at = self._loop.time() + seconds
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = {}
        queue[future] = at
        if at < self._timer_at:
            self._set_timer(at)

    def remove(self, future: asyncio.Future[Any], seconds: float) -> None:
        """Takes a future out, whether it has expired or not.

        Args:
            future: The future.
            seconds: As for `add`.
        """
        queue = self._queues.get(seconds)
        if queue is not None:
            queue.pop(future, None)
            if not queue:
                del self._queues[seconds]

    def close(self) -> None:
        """Stops the timer; nothing expires any more."""
        self._queues.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._timer_at = math.inf
        now = self._loop.time()
        for queue in self._queues.values():
            for future, at in list(queue.items()):
                if at > now:
                    break
                del queue[future]
                if not future.done():
                    future.set_exception(TimeoutError())
        following = [next(iter(queue.values())) for queue in self._queues.values() if queue]
        if following:
            self._set_timer(min(following))
