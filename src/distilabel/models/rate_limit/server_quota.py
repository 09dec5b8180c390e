"""Tracks what is left of a limit that the endpoint reports in its rate limit headers.

A reply says how much was left when its request arrived. Requests sent since then are subtracted,
and what the endpoint restores with time is added. Arithmetic only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

# Seconds' worth held in reserve: the endpoint counts a request some time after it was sent.
RESERVE: Final = 0.1

if TYPE_CHECKING:
    from distilabel.models.wire.rate_limit_headers import RateLimits


class ServerQuota:
    """One limit of an endpoint, of requests or of tokens."""

    __slots__ = ("_at", "_level", "_limit", "_rate")

    def __init__(self) -> None:
        self._level = 0.0
        self._limit = 0.0
        self._rate = 0.0
        self._at = 0.0

    def wait(self, now: float, amount: float = 1.0) -> float:
        """Returns the seconds until `amount` is left; 0 until the endpoint has reported the limit.

        Args:
            now: Current time in seconds.
            amount: Requests or tokens.
        """
        if not self._rate:
            return 0.0
        self._fill(now)
        # A request larger than the whole limit is sent when the limit is full.
        missing = min(amount + RESERVE * self._rate, self._limit) - self._level
        return missing / self._rate if missing > 1e-6 else 0.0

    def take(self, now: float, amount: float = 1.0) -> None:
        """Subtracts what a request takes.

        Args:
            now: Current time in seconds.
            amount: Requests or tokens.
        """
        self._fill(now)
        self._level -= amount

    def update(self, limits: RateLimits, taken: float, seconds: float, now: float) -> None:
        """Reads the limits that the endpoint reported with a reply.

        Args:
            limits: The limits, as they were when the request arrived.
            taken: Requests or tokens taken since then.
            seconds: How long ago that was.
            now: Current time in seconds.
        """
        self._limit = limits.limit
        used = limits.limit - limits.remaining
        # The numbers are rounded: a small use says little about how fast it is restored, and one
        # less is on the safe side.
        if limits.reset > 0 and (used >= 5 or not self._rate):
            self._rate = max(used - 1.0, 1.0) / limits.reset
        self._level = min(limits.limit, limits.remaining + self._rate * seconds) - taken
        self._at = now

    def _fill(self, now: float) -> None:
        self._level = min(self._limit, self._level + (now - self._at) * self._rate)
        self._at = now
