"""Sets the request rate of one endpoint.

It starts slowly and doubles four times a second, so that few requests are in flight when a limit
causes the first rejection. Below a known limit it grows again, slowly at first, then faster.
Whether rejections are for load is decided by `overload_detector`.
"""

from __future__ import annotations

import math
from typing import Final

from distilabel._core.token_bucket import TokenBucket

# The first burst, and the requests per second after it, which nearly every endpoint accepts. The
# rate doubles in `DOUBLING` seconds, longer than a rejection takes to return. A user who sets the
# number of requests in flight knows the endpoint: then 100 are in flight within half a second.
FIRST: Final = 8.0
QUICK_FIRST: Final = 32.0
FIRST_RATE: Final = 40.0
DOUBLING: Final = 0.25
QUICK_DOUBLING: Final = 0.08
# Then every answer raises the rate by this part as well: an endpoint that answers at once gets the
# most within some hundred requests.
QUICK_PER_ANSWER: Final = 1 / 16
# Requests per second above which nothing is held back: more than one process can easily handle.
FREE: Final = 4000.0
# The lowest rate, in requests per second: an endpoint that allows less sends a time to wait.
LEAST: Final = 0.2
# The lowest rate while everything is rejected, so that an outage is detected within seconds.
LEAST_TRIED: Final = 5.0
# The rate is cut to this part at most: growing back from a lower one costs more than the
# rejections it saves.
DEEPEST: Final = 1 / 3
# Seconds' worth of requests that may be sent together, because timers are inexact. Not more: the
# endpoint may count in short intervals.
HAND: Final = 0.02
# Part of the accepted rate that is used: less by the error of counting, so that rejections end.
REST: Final = 0.98
# Accepted requests between two overloads from which the accepted rate is known to 10%.
ENOUGH: Final = 10
# If that rate is less than this part of what is accepted now, less was sent before, and it says
# nothing about a limit.
MUCH_LESS: Final = 0.7
# Seconds in which the rate grows halfway to the ceiling, where nothing better is known.
APPROACH: Final = 1.0
# Growth per second just below a limit, and after rejections turned out not to be for load. It
# doubles every second without a rejection, up to the maximum: a constant limit is met about every
# eight seconds, for one rejection, and a limit that rose to five times is reached in ten.
CREEP: Final = 0.0025
QUICK: Final = 0.1
MOST_CREEP: Final = 0.5


class RequestRate:
    """Computes how long the next request has to wait.

    Args:
        quick: Whether to start fast, because the user set how many requests the endpoint takes.

    Attributes:
        is_held: Whether a limit of the endpoint is known.
        is_steady: Whether the rate is kept from growing.
    """

    def __init__(self, *, quick: bool = False) -> None:
        self._is_quick = quick
        self._doubling = QUICK_DOUBLING if quick else DOUBLING
        self.is_held = False
        self.is_steady = False
        self._bucket: TokenBucket | None = _bucket(FIRST_RATE, QUICK_FIRST if quick else FIRST, 0.0)
        # The rate of the last overload: growth is fast up to there, slow beyond.
        self._ceiling = math.inf
        self._creep = CREEP
        self._grown_at = 0.0
        # When the endpoint was last overloaded, and the requests it has accepted since.
        self._overloaded_at = 0.0
        self._accepted = 0
        # Requests sent lately: the rate when nothing is held back.
        self._span_start = 0.0
        self._span_count = 0
        self._span_rate = 0.0

    @property
    def per_second(self) -> float:
        """Requests per second; infinite when nothing is held back."""
        return self._bucket.rate if self._bucket is not None else math.inf

    def wait(self, now: float) -> float:
        """Returns the seconds until one more request may be sent."""
        return self._bucket.wait(now) if self._bucket is not None else 0.0

    def take(self, now: float) -> None:
        """Counts a request that is sent, and lets the rate grow."""
        self._accepted += 1
        self._span_count += 1
        if now - self._span_start >= 1.0:
            self._span_rate = self._span_count / (now - self._span_start)
            self._span_start, self._span_count = now, 0
        bucket = self._bucket
        if bucket is None:
            return
        bucket.fill(now)
        # A rate that holds nothing back shows nothing about a higher one.
        if bucket.is_full or self.is_steady:
            self._grown_at = now
        else:
            self._grow(bucket, now)
        bucket.level -= 1.0

    def rejected(self) -> None:
        """Records that a request that was sent was not accepted."""
        self._accepted -= 1

    def answered(self, now: float) -> None:
        """Records an answer: a rate that has met no limit yet follows the answers."""
        bucket = self._bucket
        if bucket is None or not self._is_quick or self.is_held or self.is_steady:
            return
        bucket.fill(now)
        # A rate that holds nothing back shows nothing about a higher one.
        if not bucket.is_full:
            bucket.rate *= 1 + QUICK_PER_ANSWER
            self._check_growth(bucket, now)

    def slow_down(self, now: float, latency: float, share: float, stray: float) -> bool:
        """Reduces the rate to what the endpoint has accepted since the last overload.

        Args:
            now: Current time in seconds.
            latency: Seconds that a rejection takes to return.
            share: Share of requests that are rejected, from 0 to 1.
            stray: Share of requests that are rejected at any rate, from 0 to 1.

        Returns:
            Whether the accepted rate is known; if not, nothing has changed.
        """
        before = self._current(now)
        seconds = now - self._overloaded_at
        # Requests in flight count as accepted; there must be few of them.
        if not self._overloaded_at or self._accepted < ENOUGH or seconds < ENOUGH * latency:
            return False
        allowed = self._accepted / (1 - stray) / max(seconds, 1e-6)
        # A lower value only shows that less was sent before.
        if not MUCH_LESS * before * (1 - share) < allowed < before:
            return False
        self._found(allowed, allowed * REST, now)
        return True

    def set_to(self, accepted: int, seconds: float, now: float) -> bool:
        """Reduces the rate to what was counted.

        Args:
            accepted: Requests that the endpoint accepted.
            seconds: Seconds in which they were sent.
            now: Current time in seconds.

        Returns:
            Whether the new rate is lower than the accepted one for sure.
        """
        before = self._current(now)
        # A difference of one is chance.
        ceiling = min(before, (accepted + 1) / seconds)
        self._found(ceiling, REST * min(before, accepted / seconds), now)
        return accepted >= ENOUGH

    def slow_down_by(self, share: float, now: float) -> None:
        """Reduces the rate by the share of rejections, where nothing better is known.

        Args:
            share: Share of requests that are rejected, from 0 to 1.
            now: Current time in seconds.
        """
        before = self._current(now)
        rate = before * max(DEEPEST, 0.9 * (1 - share))
        if share >= 1.0:
            # It may be an outage, which a low rate would take long to detect.
            rate = max(rate, min(before, LEAST_TRIED))
        self._found(before, rate, now)

    def _found(self, ceiling: float, rate: float, now: float) -> None:
        self._ceiling = ceiling
        self._overloaded_at, self._accepted = now, 0
        self.hold(rate, now)
        self.is_steady = True

    def hold(self, rate: float, now: float, *, limited: bool = True) -> None:
        """Sets the rate.

        Args:
            rate: Requests per second; infinite to hold nothing back.
            now: Current time in seconds.
            limited: Whether a limit of the endpoint is the reason.
        """
        self.is_held = limited and rate < math.inf
        self._creep = CREEP
        self._grown_at = now
        if rate == math.inf:
            self._bucket = None
            return
        self._bucket = _bucket(max(LEAST, rate), 0.0, now)

    def go_back(self, rate: float, now: float, *, limited: bool) -> None:
        """Restores an earlier rate, after rejections turned out not to be for load.

        Args:
            rate: Requests per second.
            now: Current time in seconds.
            limited: Whether a limit of the endpoint was the reason for it.
        """
        self.hold(rate, now, limited=limited)
        self.is_steady = False
        self._creep = QUICK

    def measure_again(self, now: float) -> None:
        """Lets the rate grow from what it was lately, after the concurrency limit was raised."""
        if self._bucket is None:
            self.hold(max(FIRST_RATE, self._lately(now)), now, limited=False)

    def _current(self, now: float) -> float:
        """Returns the allowed requests per second, or the recent ones if nothing is held back."""
        return self._bucket.rate if self._bucket is not None else self._lately(now)

    def _lately(self, now: float) -> float:
        """Returns the requests per second that were sent lately."""
        seconds = now - self._span_start
        return max(self._span_rate, self._span_count / seconds if seconds > 0.1 else 0.0)

    def _grow(self, bucket: TokenBucket, now: float) -> None:
        seconds = now - self._grown_at
        self._grown_at = now
        if not self.is_held:
            bucket.rate *= 2 ** (min(seconds, self._doubling) / self._doubling)
        elif bucket.rate < self._ceiling * REST:
            distance = self._ceiling - bucket.rate
            bucket.rate += distance * (1 - 2 ** (-seconds / APPROACH))
        else:
            bucket.rate *= (1 + self._creep) ** seconds
            self._creep = min(MOST_CREEP, self._creep * 2**seconds)
        self._check_growth(bucket, now)

    def _check_growth(self, bucket: TokenBucket, now: float) -> None:
        bucket.seconds = HAND + 1 / bucket.rate
        if bucket.rate > FREE and not self.is_held:
            self.hold(math.inf, now)


def _bucket(rate: float, level: float, now: float) -> TokenBucket:
    bucket = TokenBucket(rate, HAND + 1 / rate)
    bucket.level, bucket.at = level, now
    return bucket
