"""Strain: whether an endpoint refuses questions for their number, or some whatever their number.

Found out by trial: after asking less, refusals for load are gone; stray ones (of a faulty proxy,
say) come as often as before. Knows refusals only; not what is done about them.
"""

from __future__ import annotations

import math
from collections import deque
from enum import Enum, auto
from typing import Final

# Outcomes looked at; enough that a few stray refusals in a row are no reason to ask less.
WINDOW: Final = 64
# Outcomes after asking less that the verdict is made of.
TRIAL: Final = 24
# Share of stray refusals that is believed in at first, and the bounds of what is learnt.
STRAY: Final = 0.1
LEAST_STRAY: Final = 0.02
# When more than this share is refused, it is load, whatever the trial says.
MOST_STRAY: Final = 0.6


class Verdict(Enum):
    """What an outcome says."""

    NOTHING = auto()
    ASK_LESS = auto()
    NOT_LOAD = auto()  # asking less did not help: as before, then
    LOAD = auto()  # asking less helped


class Strain:
    """Judges the outcomes of questions, one by one."""

    def __init__(self) -> None:
        self.stray = STRAY
        self._window: deque[bool] = deque(maxlen=WINDOW)
        # While a trial runs: the share refused before it, and the last ticket of before.
        self._before: float | None = None
        self._sure = False
        self._last_ticket = 0

    def saw(self, ticket: int, refused: bool) -> Verdict:
        """Takes note of an outcome.

        Args:
            ticket: number of the question; one asked before the trial says nothing about it.
            refused: whether it was refused.
        """
        if ticket <= self._last_ticket:
            return Verdict.NOTHING
        self._window.append(refused)
        if self._before is not None:
            return self._judged(self._before) if len(self._window) >= TRIAL else Verdict.NOTHING
        return Verdict.ASK_LESS if refused and self._is_too_much else Verdict.NOTHING

    def begin_trial(self, ticket: int, *, sure: bool) -> None:
        """Less is asked from now on.

        Args:
            ticket: number of the last question that was asked before.
            sure: whether it is known to be less than what was answered before. If not, refusals
                that go on may still be for load.
        """
        self._before = self._share
        self._sure = sure
        self._last_ticket = ticket
        self._window.clear()

    def forget(self, ticket: int) -> None:
        """What was seen so far, a trial included, says nothing: the endpoint was out of order.

        Args:
            ticket: number of the last question that was asked until now.
        """
        self._before = None
        self._last_ticket = ticket
        self._window.clear()

    @property
    def _share(self) -> float:
        return sum(self._window) / max(1, len(self._window))

    @property
    def _is_too_much(self) -> bool:
        """More refusals than chance makes of the stray ones."""
        expected = len(self._window) * self.stray
        return sum(self._window) > expected + 3 * math.sqrt(expected) + 2

    def _judged(self, before: float) -> Verdict:
        after = self._share
        if after > (MOST_STRAY if self._sure else 2 * self.stray):
            # Less still, and another trial: the caller says how much less that is.
            return Verdict.ASK_LESS
        self._before = None
        self._window.clear()
        if self._sure and after > 0.6 * before and before <= MOST_STRAY:
            # Half as much again, so that chance alone does not begin the next trial.
            self.stray = min(MOST_STRAY, max(self.stray, 1.2 * after))
            return Verdict.NOT_LOAD
        # What is left when less is asked is what is stray here; a short trial is half believed.
        self.stray = max(LEAST_STRAY, min(self.stray, (self.stray + 2 * after) / 3))
        return Verdict.LOAD
