"""Tells rejections for load from stray ones that come at any request rate.

It finds out by trial: at a lower rate, rejections for load stop, while stray ones (of a faulty
proxy, for example) come as often as before. It judges; `rate_controller` acts.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

# Rejections are summed up, less twice the stray ones to be expected: without a limit the sum stays
# near 0, with a limit it grows. Before anything is known, one rejection in fifty is tolerated.
STRAY: Final = 0.02
# The sum that is not chance. A larger one would send too much in vain; with a smaller one, 5% of
# stray rejections would start a trial in every run. Where a limit is known, rejections are expected
# just above it and one is enough; with stray ones about it is up to four again, from 8% of them on.
EXCESS: Final = 4.0
EXCESS_PER_STRAY: Final = 40.0
# Requests in a trial: as many as make six stray rejections likely, because two or fewer of six
# come by chance one time in sixteen. Above the largest trial, stray ones are too rare to matter.
LEAST_TRIAL: Final = 16
MOST_TRIAL: Final = 120
# A trial at a low rate lasts no longer than this many seconds.
SECONDS: Final = 3.0
# A larger share of rejections, of at least a few requests, is load: no endpoint is usable with so
# many stray ones, and a longer trial would only send more in vain.
FEW: Final = 3
MOST_STRAY: Final = 0.6
# The share has fallen if no more than this part of it is left: two of six, as above.
FALLEN: Final = 0.33
# By chance there may be up to this many times the known share of stray rejections.
MORE: Final = 1.5
# A remaining share up to this may be stray; a larger one is what the limit still rejects.
SMALL: Final = 0.12
# After this many trials in a row that did not help, the rejections are stray: one trial may fail by
# chance, or because the limit fell in the meantime.
STRIKES: Final = 2
# The stray share is averaged over this many requests of trials, because it may change.
MEMORY: Final = 50


class Verdict(Enum):
    """What an outcome shows."""

    NOTHING = auto()
    SLOW_DOWN = auto()  # the rejections seem to be for load
    SLOW_DOWN_MORE = auto()  # the lower rate has not helped yet: try a still lower one
    NOT_LOAD = auto()  # a lower rate does not help
    LOAD = auto()  # the lower rate helped


class OverloadDetector:
    """Judges the outcomes of requests, one by one.

    Attributes:
        stray: Share of requests that are rejected at any rate, from 0 to 1.
        share: Share of requests that were rejected at the last overload, from 0 to 1.
        rejected: Rejections since the request `first`.
        on_trial: Whether a lower rate is being tried.
    """

    def __init__(self) -> None:
        self.stray = 0.0
        self.share = 0.0
        self.on_trial = False
        self._known = False
        self._start = 0
        self._strikes = 0
        self._sure = False
        # Rejections after request `_start`; their sum, up to `_summed_to` and from `_first` on.
        self._rejected = 0
        self._sum = 0.0
        self._summed_to = 0
        self._first = 0
        self.rejected = 0

    @property
    def first(self) -> int:
        """Number of the first request whose rejection counts."""
        return self._start + 1 if self.on_trial else self._first

    def record(self, number: int, rejected: bool, last_number: int) -> Verdict:
        """Judges the outcome of a request.

        Args:
            number: Number of the request. One sent before a trial says nothing about the trial.
            rejected: Whether it was rejected.
            last_number: Number of the request that was sent last.
        """
        if self.on_trial:
            return self._judge_trial(number, rejected, last_number)
        if not rejected or number <= self._start:
            return Verdict.NOTHING
        self._rejected += 1
        # Counted by requests sent, not answered: answers take longer than rejections.
        self._sum -= 2 * max(STRAY, self.stray) * (last_number - self._summed_to)
        self._summed_to = last_number
        if self._sum <= 0:
            self._sum, self._first, self.rejected = 0.0, number, 0
        self._sum += 1
        self.rejected += 1
        if self._known:
            excess = min(EXCESS, 1 + EXCESS_PER_STRAY * self.stray)
            share = self._rejected / (last_number - self._start)
        else:
            excess = EXCESS
            share = self.rejected / (last_number - self._first + 1)
        if self._sum < excess:
            return Verdict.NOTHING
        self.share = min(1.0, share)
        self._strikes = 0
        return Verdict.SLOW_DOWN

    def begin_trial(self, last_number: int, rate: float, *, sure: bool) -> None:
        """Begins a trial: the rate has been reduced.

        Args:
            last_number: Number of the request that was sent last.
            rate: The reduced rate, in requests per second.
            sure: Whether it is known to be lower than what the endpoint accepted. If not,
                rejections that go on may still be for load.
        """
        self.on_trial = True
        self._sure = sure
        self._length = int(max(LEAST_TRIAL, min(MOST_TRIAL, 6 / self.share, rate * SECONDS)))
        self._start_over(last_number)

    def forget(self, last_number: int) -> None:
        """Discards everything recorded so far, including a trial.

        Args:
            last_number: Number of the request that was sent last.
        """
        self.on_trial = False
        self._start_over(last_number)

    def _start_over(self, last_number: int) -> None:
        self._start = self._summed_to = last_number
        self._rejected = self.rejected = self._first = 0
        self._sum = 0.0

    def _judge_trial(self, number: int, rejected: bool, last_number: int) -> Verdict:
        count = number - self._start
        self.rejected += rejected and count > 0
        tried = min(last_number - self._start, self._length)
        if rejected and 0 < count <= self._length:
            self._rejected += 1
            share = self._rejected / tried
            # Nearly all, or far more than before: the limit is lower than assumed.
            nearly_all = self._rejected >= FEW and share > MOST_STRAY
            if nearly_all or self._rejected > EXCESS + 2 * self.share * tried:
                self.share, self._strikes = share, 0
                return Verdict.SLOW_DOWN_MORE
        # Once a later request has returned, or many later ones were sent, the trial is complete.
        if count <= self._length and last_number - self._start < 2 * self._length:
            return Verdict.NOTHING
        before, self.share = self.share, self._rejected / self._length
        if self.share > max(FALLEN * before, MORE * self.stray):
            self._strikes += self._sure
            if self._strikes < STRIKES:
                return Verdict.SLOW_DOWN_MORE
            self.stray = self.share
            self.forget(last_number)
            return Verdict.NOT_LOAD
        if self.share > max(SMALL, 2 * self.stray):
            self._strikes = 0
            return Verdict.SLOW_DOWN
        self._known = True
        self.stray += (self.share - self.stray) * self._length / (self._length + MEMORY)
        self.forget(last_number)
        return Verdict.LOAD
