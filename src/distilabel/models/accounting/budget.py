"""Keeps the requests of a run within a budget, and decides which of them it still pays for.

Before a request is sent, the most it can cost is reserved, so that what is spent and what is
reserved never exceed the budget together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Budget:
    """Money for the requests of a run.

    Args:
        dollars: US dollars in all.
        exhausted: Called once, when the budget cannot pay for the next request and no request is
            in flight that could return a part of its reservation.

    Attributes:
        dollars: US dollars in all.
        spent: US dollars spent so far; lost replies count with the most they can have cost.
    """

    def __init__(self, dollars: float, exhausted: Callable[[], None]) -> None:
        self.dollars = dollars
        self.spent = 0.0
        self._exhausted = exhausted
        self._is_over = False
        self._reserved = 0.0
        self._in_flight = 0
        self._waiters: deque[tuple[float, asyncio.Future[bool]]] = deque()

    async def reserve(self, most: float) -> bool:
        """Waits until the budget can pay for a request; if it can, `settle` must follow.

        Args:
            most: US dollars that the request can cost at most.

        Returns:
            Whether the request may be sent; False once the budget is used up.
        """
        if self._is_over:
            return False
        if not self._waiters and self._affords(most):
            self._add(most)
            return True
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiters.append((most, granted))
        self._grant_waiting()
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled() and granted.result():
                self.settle(most, 0.0)
            raise

    def settle(self, reserved: float, cost: float) -> None:
        """Replaces the reservation of a request by its cost.

        Args:
            reserved: US dollars that were reserved.
            cost: US dollars that the request cost.
        """
        self.spent += cost
        self._in_flight -= 1
        # Sums of fractions leave a remainder.
        self._reserved = self._reserved - reserved if self._in_flight else 0.0
        self._grant_waiting()

    def _affords(self, most: float) -> bool:
        return self.spent + self._reserved + most <= self.dollars

    def _add(self, most: float) -> None:
        self._reserved += most
        self._in_flight += 1

    def _grant_waiting(self) -> None:
        # In order: cheap requests must not use up the budget while an expensive one waits.
        while self._waiters:
            most, granted = self._waiters[0]
            if granted.done():
                self._waiters.popleft()
            elif self._affords(most):
                self._waiters.popleft()
                self._add(most)
                granted.set_result(True)
            elif self._in_flight:
                return
            else:
                self._end()

    def _end(self) -> None:
        self._is_over = True
        for _, granted in self._waiters:
            if not granted.done():
                granted.set_result(False)
        self._waiters.clear()
        self._exhausted()
