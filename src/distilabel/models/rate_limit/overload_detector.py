"""Strain: whether an endpoint refuses questions for their number, or some whatever their number.

Found out by trial: after asking less, refusals for load are gone; stray ones (of a faulty proxy,
say) come as often as before. Knows refusals only; not what is done about them.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

# Refusals are summed up, less twice the stray ones that are known of: so their sum stays near 0,
# while a limit has it grow. One in fifty is put up with before anything is known of an endpoint.
STRAY: Final = 0.02
# The sum that is no chance. More would ask too much in vain; less would have one question in twenty
# that is stray begin a trial in each run. Where a limit is known, refusals are to be expected just
# above it, and one is enough; with stray ones about, up to four again, from 8% of them on.
EXCESS: Final = 4.0
EXCESS_PER_STRAY: Final = 40.0
# Questions in a trial: so many that six stray ones are to be expected, as two or fewer of six come
# by chance one time in sixteen. From the most on, what is stray is too rare to matter.
LEAST_TRIAL: Final = 16
MOST_TRIAL: Final = 120
# Nor is an endpoint that is asked slowly kept slow for more seconds than this.
SECONDS: Final = 3.0
# When more than this share is refused, of a few at least, it is load: with so many stray ones
# nobody could work, and trying on would only ask more in vain.
FEW: Final = 3
MOST_STRAY: Final = 0.6
# A share has fallen if no more than this is left of it: two of six, as above.
FALLEN: Final = 0.33
# Up to so many times the stray ones that are known of there may be by chance.
MORE: Final = 1.5
# What is left may be stray, up to this share; more is taken for what the limit still refuses.
SMALL: Final = 0.12
# Trials in a row without help after which refusals are stray: one may fail by chance, or because
# the limit fell meanwhile.
STRIKES: Final = 2
# Questions of trials over which the stray share is learnt, as it may change.
MEMORY: Final = 50


class Verdict(Enum):
    """What an outcome says."""

    NOTHING = auto()
    ASK_LESS = auto()  # refusals seem to be for load
    TRY_LESS = auto()  # asking less has not helped yet: once more, to be sure
    NOT_LOAD = auto()  # asking less does not help
    LOAD = auto()  # asking less helped


class OverloadDetector:
    """Judges the outcomes of questions, one by one.

    Attributes:
        stray: share of refusals that have nothing to do with load.
        share: share that was refused when less was to be asked last.
        refused: refusals since the question `first`.
        on_trial: whether it is being tried if asking less helps.
    """

    def __init__(self) -> None:
        self.stray = 0.0
        self.share = 0.0
        self.on_trial = False
        self._known = False
        self._last_ticket = 0
        self._strikes = 0
        self._sure = False
        # Refusals since `_last_ticket`, and the sum of them, up to which question and since which.
        self._refused = 0
        self._sum = 0.0
        self._summed_to = 0
        self._first = 0
        self.refused = 0

    @property
    def first(self) -> int:
        """Number of the question from which on refusals count."""
        return self._last_ticket + 1 if self.on_trial else self._first

    def saw(self, ticket: int, refused: bool, asked: int) -> Verdict:
        """Takes note of an outcome.

        Args:
            ticket: number of the question; one asked before a trial says nothing about it.
            refused: whether it was refused.
            asked: number of the question that was asked last.
        """
        if self.on_trial:
            return self._tried(ticket, refused, asked)
        if not refused or ticket <= self._last_ticket:
            return Verdict.NOTHING
        self._refused += 1
        # By what was asked, not by what was answered: answers take longer than refusals.
        self._sum -= 2 * max(STRAY, self.stray) * (asked - self._summed_to)
        self._summed_to = asked
        if self._sum <= 0:
            self._sum, self._first, self.refused = 0.0, ticket, 0
        self._sum += 1
        self.refused += 1
        if self._known:
            excess = min(EXCESS, 1 + EXCESS_PER_STRAY * self.stray)
            share = self._refused / (asked - self._last_ticket)
        else:
            excess = EXCESS
            share = self.refused / (asked - self._first + 1)
        if self._sum < excess:
            return Verdict.NOTHING
        self.share = min(1.0, share)
        self._strikes = 0
        return Verdict.ASK_LESS

    def begin_trial(self, asked: int, rate: float, *, sure: bool) -> None:
        """Less is asked from now on.

        Args:
            asked: number of the question that was asked last.
            rate: questions a second that are asked now.
            sure: whether it is known to be less than the endpoint let in. If not, refusals that go
                on may still be for load.
        """
        self.on_trial = True
        self._sure = sure
        self._length = int(max(LEAST_TRIAL, min(MOST_TRIAL, 6 / self.share, rate * SECONDS)))
        self._start_over(asked)

    def forget(self, asked: int) -> None:
        """What was seen so far, a trial included, says nothing: the endpoint was out of order.

        Args:
            asked: number of the question that was asked last.
        """
        self.on_trial = False
        self._start_over(asked)

    def _start_over(self, last_ticket: int) -> None:
        self._last_ticket = self._summed_to = last_ticket
        self._refused = self.refused = self._first = 0
        self._sum = 0.0

    def _tried(self, ticket: int, refused: bool, asked: int) -> Verdict:
        count = ticket - self._last_ticket
        self.refused += refused and count > 0
        tried = min(asked - self._last_ticket, self._length)
        if refused and 0 < count <= self._length:
            self._refused += 1
            share = self._refused / tried
            # Nearly all, or far more than before: there is a limit, lower than was thought.
            nearly_all = self._refused >= FEW and share > MOST_STRAY
            if nearly_all or self._refused > EXCESS + 2 * self.share * tried:
                self.share, self._strikes = share, 0
                return Verdict.TRY_LESS
        # Once a later one is back, or many later ones are out, no more will come back refused.
        if count <= self._length and asked - self._last_ticket < 2 * self._length:
            return Verdict.NOTHING
        before, self.share = self.share, self._refused / self._length
        if self.share > max(FALLEN * before, MORE * self.stray):
            self._strikes += self._sure
            if self._strikes < STRIKES:
                return Verdict.TRY_LESS
            self.stray = self.share
            self.forget(asked)
            return Verdict.NOT_LOAD
        if self.share > max(SMALL, 2 * self.stray):
            self._strikes = 0
            return Verdict.ASK_LESS
        self._known = True
        self.stray += (self.share - self.stray) * self._length / (self._length + MEMORY)
        self.forget(asked)
        return Verdict.LOAD
