"""`Slots`: limits how many requests the simulated server processes at once; the others queue."""

import asyncio
from collections import deque
from typing import Self


class Slots:
    """Slots for requests, granted in order of arrival. `async with` holds one.

    Unlike a semaphore, their number can change at any time.

    Args:
        count: Number of slots; None for no limit.
    """

    def __init__(self, count: int | None) -> None:
        self._count = count
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    def resize(self, count: int | None) -> None:
        """Changes the number of slots. Slots in use stay in use."""
        self._count = count
        self._grant()

    async def __aenter__(self) -> Self:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(granted)
        self._grant()
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._release()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        self._taken -= 1
        self._grant()

    def _grant(self) -> None:
        while self._queue and (self._count is None or self._taken < self._count):
            granted = self._queue.popleft()
            if not granted.done():
                self._taken += 1
                granted.set_result(None)
