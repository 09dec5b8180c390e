"""Places at a simulated model: so many requests are worked on at a time, the others queue."""

import asyncio
from collections import deque
from typing import Self


class Slots:
    """Gives out places, in the order of asking; a context that holds one.

    Args:
        count: How many there are; None for any number.
    """

    def __init__(self, count: int | None) -> None:
        self._count = count
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    def change(self, count: int | None) -> None:
        """Changes how many there are; those that are taken stay taken."""
        self._count = count
        self._give_out()

    async def __aenter__(self) -> Self:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._give_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        self._taken -= 1
        self._give_out()

    def _give_out(self) -> None:
        while self._queue and (self._count is None or self._taken < self._count):
            turn = self._queue.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
