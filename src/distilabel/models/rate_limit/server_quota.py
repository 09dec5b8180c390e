"""The allowance: what an endpoint says it still allows, kept up to date between its replies.

A reply tells how much was left when its question came in. What was asked since is subtracted, and
what the endpoint gives back with time is added. Arithmetic only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

# Seconds' worth that is kept back: a question is counted there some time after it was asked here.
RESERVE: Final = 0.1

if TYPE_CHECKING:
    from distilabel.models.wire.rate_limit_headers import RateLimits


class ServerQuota:
    """What is left of one limit of an endpoint."""

    __slots__ = ("_at", "_level", "_limit", "_rate")

    def __init__(self) -> None:
        self._level = 0.0
        self._limit = 0.0
        self._rate = 0.0
        self._at = 0.0

    def wait(self, now: float, amount: float = 1.0) -> float:
        """Seconds until so much is left; 0 as long as the endpoint has told nothing."""
        if not self._rate:
            return 0.0
        self._fill(now)
        # More than all there ever is will never be there: it goes when all is there.
        missing = min(amount + RESERVE * self._rate, self._limit) - self._level
        return missing / self._rate if missing > 1e-6 else 0.0

    def take(self, now: float, amount: float = 1.0) -> None:
        """Takes some."""
        self._fill(now)
        self._level -= amount

    def told(self, told: RateLimits, asked: float, seconds: float, now: float) -> None:
        """The endpoint has told what it allows.

        Args:
            told: what, at the time when the question came in that it replies to.
            asked: what was taken since.
            seconds: how long ago that was.
            now: the time.
        """
        self._limit = told.limit
        used = told.limit - told.remaining
        # Numbers are rounded: little that is used says little of how fast it comes back, and one
        # less of it is on the safe side.
        if told.reset > 0 and (used >= 5 or not self._rate):
            self._rate = max(used - 1.0, 1.0) / told.reset
        self._level = min(told.limit, told.remaining + self._rate * seconds) - asked
        self._at = now

    def _fill(self, now: float) -> None:
        self._level = min(self._limit, self._level + (now - self._at) * self._rate)
        self._at = now
