"""Finds the request rate that an endpoint accepts, by reacting to what it rejects.

Joins `overload_detector`, which judges rejections, with `rate`, which sets the pace. When
rejections begin and the accepted rate is not known, no request is sent for as long as a rejection
takes to return; then the requests accepted since the first rejection can be counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from distilabel.models.rate_limit.overload_detector import MOST_STRAY, OverloadDetector, Verdict
from distilabel.models.rate_limit.rate import RequestRate

# A count of fewer requests means nothing.
FEWEST: Final = 8


@dataclass(slots=True)
class _Count:
    """Counts the accepted requests from the first rejected one to the last one sent."""

    first: int
    last: int
    rejected: int
    seconds: float
    until: float


class RateController:
    """Controls the request rate of one endpoint.

    Args:
        on_slower: Called when the rate is reduced.
        quick: Whether to start fast, because the user set how many requests the endpoint takes.

    Attributes:
        rate: The current request rate.
    """

    def __init__(self, on_slower: Callable[[], None], *, quick: bool = False) -> None:
        self.rate = RequestRate(quick=quick)
        self._on_slower = on_slower
        self._detector = OverloadDetector()
        # The rate before the last reduction, and whether it was held; restored if that was wrong.
        self._before = (self.rate.per_second, False)
        self._count: _Count | None = None
        # When the first request of those whose rejections count was sent.
        self._since = 0.0

    @property
    def rejects_most(self) -> bool:
        """True if most requests were rejected at the last overload."""
        return self._detector.share > MOST_STRAY

    def wait(self, now: float) -> float:
        """Returns the seconds until one more request may be sent."""
        if self._count is not None:
            if now < self._count.until:
                return self._count.until - now
            self._end_count(self._count, now)
        return self.rate.wait(now)

    def record(
        self, number: int, rejected: bool, sent_at: float, last_number: int, now: float
    ) -> bool:
        """Records that a request was answered or rejected.

        Args:
            number: Number of the request.
            rejected: Whether it was rejected.
            sent_at: Time at which it was sent, in seconds.
            last_number: Number of the request that was sent last.
            now: Current time in seconds.

        Returns:
            Whether the endpoint is overloaded.
        """
        rate, detector, count = self.rate, self._detector, self._count
        if rejected:
            rate.rejected()
        else:
            rate.answered(now)
        if count is not None:
            count.rejected += rejected and count.first <= number <= count.last
            return False
        verdict = detector.record(number, rejected, last_number)
        if rejected and detector.first == number:
            self._since = sent_at
        if verdict is Verdict.NOTHING:
            return False
        if verdict is Verdict.LOAD:
            rate.is_steady = False
            return False
        if verdict is Verdict.NOT_LOAD:
            self._go_back(now)
            return False
        if verdict is Verdict.SLOW_DOWN:
            self._before = (rate.per_second, rate.is_held)
        if rate.slow_down(now, now - sent_at, detector.share, detector.stray):
            self._begin_trial(last_number, now, sure=True)
        elif last_number - detector.first < FEWEST:
            rate.slow_down_by(detector.share, now)
            self._begin_trial(last_number, now, sure=False)
        else:
            # Requests in flight are rejected after as many seconds as this one, at most.
            seconds = now - self._since
            self._count = _Count(
                detector.first, last_number, detector.rejected, seconds, 2 * now - sent_at
            )
        return True

    def forget_outage(self, last_number: int, now: float) -> None:
        """Discards the rejections of an outage, which are no reason to slow down.

        Args:
            last_number: Number of the request that was sent last.
            now: Current time in seconds.
        """
        if self._detector.on_trial or self._count is not None:
            self._go_back(now)
        else:
            self.rate.measure_again(now)
        self._count = None
        self._detector.forget(last_number)

    def _end_count(self, count: _Count, now: float) -> None:
        self._count = None
        accepted = count.last - count.first + 1 - count.rejected
        sure = accepted > 0 and self.rate.set_to(accepted, max(count.seconds, 1e-3), now)
        if accepted <= 0:
            self.rate.slow_down_by(1.0, now)
        self._begin_trial(count.last, now, sure=sure)

    def _begin_trial(self, last_number: int, now: float, *, sure: bool) -> None:
        self._since = now
        self._detector.begin_trial(last_number, self.rate.per_second, sure=sure)
        self._on_slower()

    def _go_back(self, now: float) -> None:
        per_second, limited = self._before
        self.rate.go_back(per_second, now, limited=limited)
