"""Finds how many requests in flight an endpoint can use.

The limit is doubled, and stays doubled if answers come faster. A server that merely queues the
requests gets half as many, and fewer, until answers would come more slowly.
"""

from __future__ import annotations

from typing import Final

# The first limit is what servers commonly process together, so that few need more than one
# doubling. The highest bounds the connections, one per request.
START: Final = 64
MOST: Final = 1024
# The lowest limit: with fewer requests in flight, every gap between two of them costs time.
FEWEST: Final = 4
# A doubled limit must raise the rate by this factor to stay, and a halved one must keep this part
# of it: more than rates measured over one round differ by chance.
GAIN: Final = 1.15
KEPT: Final = 0.95
# A rate is measured over at least this many answers, because answers differ in length; fewer are
# enough where the result is clear.
ROUND: Final = 128
FEWEST_COUNTED: Final = 32
CLEARLY_MORE: Final = 1.5
CLEARLY_LESS: Final = 0.7
# Seconds without a trial, because one costs two rounds. Then a higher limit is tried again.
REST: Final = 20.0
# If the rate changes by this factor, a trial begins at once.
CHANGE: Final = 1.5


class ConcurrencyLimit:
    """Finds the limit of requests in flight.

    Args:
        most: The highest limit.

    Attributes:
        limit: Most requests in flight now.
    """

    def __init__(self, most: int) -> None:
        self.limit = min(START, most)
        self._most = most
        # The limit to return to if a trial fails, and its rate once that is known.
        self._base = self.limit
        self._base_rate = 0.0
        # Whether every doubling has helped so far; whether a lower limit is known to be too low.
        self._growing = True
        self._is_lowest = False
        self._trial_ended_at = 0.0
        self._skip = 0
        self._count = 0
        self._round_start = 0.0

    def answered(self, now: float, at_limit: bool) -> bool:
        """Records an answer.

        Args:
            now: Current time in seconds.
            at_limit: Whether it is this limit that makes other requests wait.

        Returns:
            Whether the limit has changed.
        """
        if not at_limit:
            self._start_round(now, 0)
            return False
        if self._skip:
            self._skip -= 1
            self._round_start = now
            return False
        self._count += 1
        if not self._round_start:
            self._start_round(now, 0)
        # Only whole rounds are measured, because answers may come in waves.
        if self._count % self.limit or self._count < FEWEST_COUNTED:
            return False
        rate = self._count / max(now - self._round_start, 1e-6)
        if not self._growing and self._count < ROUND and not self._is_clear(rate):
            return False
        before = self.limit
        self._judge(rate, now)
        # Until the requests in flight have returned, the rate is still that of the old limit. The
        # first growth does not wait for that: a doubled limit shows anyway.
        self._start_round(now, 0 if self._growing or self.limit == before else before)
        return self.limit != before

    def _is_clear(self, rate: float) -> bool:
        """Whether a trial is so clearly good or bad that fewer answers are enough."""
        if self.limit > self._base:
            return rate > CLEARLY_MORE * self._base_rate
        return self.limit < self._base and rate < CLEARLY_LESS * self._base_rate

    def _start_round(self, now: float, skip: int) -> None:
        self._round_start = now
        self._count = 0
        self._skip = skip

    def _judge(self, rate: float, now: float) -> None:
        if self.limit > self._base:
            if rate > GAIN * self._base_rate:
                self._accept(rate)
                # Half of it has just proved too low; but not while rounds are short during growth.
                self._is_lowest = not self._growing
                self._try(2 * self.limit)
                return
            self._growing = False
            self._revert(now)
        elif self.limit < self._base:
            if rate >= KEPT * self._base_rate:
                self._accept(rate)
                self._try_lower(now)
                return
            self._is_lowest = True
            self._revert(now)
        elif not self._base_rate:
            self._accept(rate)
            if self._growing:
                self._try(2 * self.limit)
        elif rate > CHANGE * self._base_rate:
            self._accept(rate)
            self._try(2 * self.limit)
        elif rate < self._base_rate / CHANGE:
            # It changed during a round: measure once more before comparing with it.
            self._base_rate = 0.0
            self._is_lowest = False
        else:
            # Smoothed: one round says little where answers differ in length.
            self._base_rate += 0.3 * (rate - self._base_rate)
            if not self._is_lowest:
                self._try_lower(now)
            elif now - self._trial_ended_at > REST:
                self._try(2 * self.limit)

    def _accept(self, rate: float) -> None:
        self._base, self._base_rate = self.limit, rate

    def _revert(self, now: float) -> None:
        self.limit = self._base
        self._trial_ended_at = now

    def _try(self, limit: int) -> None:
        self.limit = min(self._most, limit)

    def _try_lower(self, now: float) -> None:
        self._is_lowest = self.limit <= FEWEST
        if self._is_lowest:
            self._trial_ended_at = now
        else:
            self.limit = max(FEWEST, self.limit // 2)
