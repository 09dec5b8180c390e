"""The budget: what the questions of one run may cost, and whose turn it is near the end of it.

Every question sets aside the most its answer can cost before it is asked, so that what is spent
and what is set aside never pass the budget together. Knows no model and no question.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Budget:
    """Money for the questions of a run.

    Args:
        dollars: US dollars in all.
        exhausted: called once, when the next question in line can not be afforded and nothing
            that is with a model could give money back.

    Attributes:
        spent: US dollars so far; of replies that were lost the most they can have cost.
    """

    def __init__(self, dollars: float, exhausted: Callable[[], None]) -> None:
        self.dollars = dollars
        self.spent = 0.0
        self._exhausted = exhausted
        self._is_over = False
        self._set_aside = 0.0
        self._in_flight = 0
        self._waiting: deque[tuple[float, asyncio.Future[bool]]] = deque()

    async def set_aside(self, most: float) -> bool:
        """Waits until a question can be afforded; `settle` must follow if it is.

        Args:
            most: US dollars its answer can cost at most.

        Returns:
            Whether it may be asked; False once the budget is used up.
        """
        if self._is_over:
            return False
        if not self._waiting and self._affords(most):
            self._take(most)
            return True
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((most, turn))
        self._look()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.settle(most, 0.0)
            raise

    def settle(self, most: float, cost: float) -> None:
        """Gives back what was set aside, less what was spent.

        Args:
            most: what was set aside.
            cost: US dollars that asking cost.
        """
        self.spent += cost
        self._in_flight -= 1
        # Sums of fractions leave crumbs.
        self._set_aside = self._set_aside - most if self._in_flight else 0.0
        self._look()

    def _affords(self, most: float) -> bool:
        return self.spent + self._set_aside + most <= self.dollars

    def _take(self, most: float) -> None:
        self._set_aside += most
        self._in_flight += 1

    def _look(self) -> None:
        # In order: a dear question is not to wait until cheap ones have used up everything.
        while self._waiting:
            most, turn = self._waiting[0]
            if turn.done():
                self._waiting.popleft()
            elif self._affords(most):
                self._waiting.popleft()
                self._take(most)
                turn.set_result(True)
            elif self._in_flight:
                return
            else:
                self._end()

    def _end(self) -> None:
        self._is_over = True
        for _, turn in self._waiting:
            if not turn.done():
                turn.set_result(False)
        self._waiting.clear()
        self._exhausted()
