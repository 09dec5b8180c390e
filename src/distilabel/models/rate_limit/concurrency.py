"""The climb: how many questions in flight an endpoint has a use for.

Twice as many are tried, and kept if answers come faster for it. A server that only makes them
queue gets half as many, and fewer, until answers would come slower. Knows answers and time only.
"""

from __future__ import annotations

from typing import Final

# As many as servers commonly work on together, so that few need more than one doubling; and the
# most, as each costs a connection.
START: Final = 64
MOST: Final = 1024
# Fewer are never tried: with so few, every pause between two questions is felt.
FEWEST: Final = 4
# Twice as many must bring this much more, and half as many keep this much, to stay: more than
# rates measured over a round differ by chance.
GAIN: Final = 1.15
KEPT: Final = 0.95
# Answers that a rate is measured over, at least, as lengths of answers differ; and the fewest for a
# result that is clear enough.
ROUND: Final = 128
FEWEST_COUNTED: Final = 32
CLEARLY_MORE: Final = 1.5
CLEARLY_LESS: Final = 0.7
# Seconds of rest, in which nothing is tried: a try costs two rounds. After that more are tried
# again.
REST: Final = 20.0
# A rate that differs by this factor from what it was is a reason to try at once.
CHANGE: Final = 1.5


class ConcurrencyLimit:
    """Finds the limit of questions in flight.

    Args:
        most: the highest limit.

    Attributes:
        limit: questions in flight.
    """

    def __init__(self, most: int) -> None:
        self.limit = min(START, most)
        self._most = most
        # The limit to go back to, and how fast answers came with it, once that is known.
        self._base = self.limit
        self._base_rate = 0.0
        # Whether more has never failed to help yet, and whether fewer are known not to be enough.
        self._growing = True
        self._is_lowest = False
        self._rested_at = 0.0
        self._skip = 0
        self._count = 0
        self._began = 0.0

    def answered(self, now: float, at_limit: bool) -> bool:
        """A question was answered.

        Args:
            now: the time.
            at_limit: whether it is this limit that keeps others from being asked.

        Returns:
            Whether the limit is another one now.
        """
        if not at_limit:
            self._begin(now, 0)
            return False
        if self._skip:
            self._skip -= 1
            self._began = now
            return False
        self._count += 1
        if not self._began:
            self._begin(now, 0)
        # Whole rounds: answers may come in waves.
        if self._count % self.limit or self._count < FEWEST_COUNTED:
            return False
        rate = self._count / max(now - self._began, 1e-6)
        if not self._growing and self._count < ROUND and not self._is_clear(rate):
            return False
        before = self.limit
        self._judge(rate, now)
        # Until those that are out are back, what is measured is the limit of before. While it
        # grows from the start there is no time for that, and twice as many show all the same.
        self._begin(now, 0 if self._growing or self.limit == before else before)
        return self.limit != before

    def _is_clear(self, rate: float) -> bool:
        """Whether a try has gone so well, or so badly, that no more answers are needed."""
        if self.limit > self._base:
            return rate > CLEARLY_MORE * self._base_rate
        return self.limit < self._base and rate < CLEARLY_LESS * self._base_rate

    def _begin(self, now: float, skip: int) -> None:
        self._began = now
        self._count = 0
        self._skip = skip

    def _judge(self, rate: float, now: float) -> None:
        if self.limit > self._base:
            if rate > GAIN * self._base_rate:
                self._keep(rate)
                # Half as many have just been seen to be too few; but not in the haste of growing.
                self._is_lowest = not self._growing
                self._try(2 * self.limit)
                return
            self._growing = False
            self._rest(now)
        elif self.limit < self._base:
            if rate >= KEPT * self._base_rate:
                self._keep(rate)
                self._try_fewer(now)
                return
            self._is_lowest = True
            self._rest(now)
        elif not self._base_rate:
            self._keep(rate)
            if self._growing:
                self._try(2 * self.limit)
        elif rate > CHANGE * self._base_rate:
            self._keep(rate)
            self._try(2 * self.limit)
        elif rate < self._base_rate / CHANGE:
            # Measured once more before it is compared with, as it changed in the midst of a round.
            self._base_rate = 0.0
            self._is_lowest = False
        else:
            # One round says little where answers differ in length.
            self._base_rate += 0.3 * (rate - self._base_rate)
            if not self._is_lowest:
                self._try_fewer(now)
            elif now - self._rested_at > REST:
                self._try(2 * self.limit)

    def _keep(self, rate: float) -> None:
        self._base, self._base_rate = self.limit, rate

    def _rest(self, now: float) -> None:
        self.limit = self._base
        self._rested_at = now

    def _try(self, limit: int) -> None:
        self.limit = min(self._most, limit)

    def _try_fewer(self, now: float) -> None:
        self._is_lowest = self.limit <= FEWEST
        if self._is_lowest:
            self._rested_at = now
        else:
            self.limit = max(FEWEST, self.limit // 2)
