"""The tempo: how fast one endpoint is asked, learnt from what it refuses.

It begins slowly and doubles four times a second, so that few questions are on their way when the
first refusal of a limit comes back. Below a limit that was met it creeps up again, at first hardly,
then faster and faster. Knows time and counts only; whether refusals are for load is `strain`'s.
"""

from __future__ import annotations

import math
from typing import Final

from distilabel._core.token_bucket import TokenBucket

# Questions that go at once, and questions a second after that, which nearly every endpoint allows.
# It doubles in so many seconds: longer than a refusal takes to come back. Who sets the number of
# questions in flight knows what the endpoint bears, and has 100 of them out within half a second.
FIRST: Final = 8.0
QUICK_FIRST: Final = 32.0
FIRST_RATE: Final = 40.0
DOUBLING: Final = 0.25
QUICK_DOUBLING: Final = 0.08
# Questions a second from which on nothing is held back: more than one process answers with ease.
FREE: Final = 4000.0
# The slowest, in questions a second: an endpoint that allows less says so, with a time to wait.
LEAST: Final = 0.2
# The same for one that lets in nothing at all: so it is known within seconds that nobody is there.
LEAST_TRIED: Final = 5.0
# What is left of a tempo at which nearly all is refused: a lower one takes longer to find the limit
# again than it saves refusals.
DEEPEST: Final = 1 / 3
# Seconds' worth that may go together, as a timer is only so exact. No more: it may be that the
# endpoint counts in short spans.
HAND: Final = 0.02
# What is asked of what the endpoint was seen to allow: less by what counting may be off, so that
# refusals end; the loss is as small.
REST: Final = 0.98
# Questions let in between two refusals from which on their number says what is allowed: to 10%.
ENOUGH: Final = 10
# When that is less than this part of what is let in now, not as much was asked before, and the
# number says nothing about a limit.
MUCH_LESS: Final = 0.7
# Seconds in which half of the way is gone up to a tempo that was too fast, if no better is known.
APPROACH: Final = 1.0
# Growth a second just below a limit, and where none is believed in any more; it doubles each
# second without a refusal, up to the most. So a limit that stays is met every eight seconds or
# so, for one refusal, and one that has risen to five times is reached in ten.
CREEP: Final = 0.0025
QUICK: Final = 0.1
MOST_CREEP: Final = 0.5


class RequestRate:
    """Says how long the next question has to wait.

    Args:
        quick: whether it begins quickly, as the user knows how many questions the endpoint bears.

    Attributes:
        rate: questions a second; infinite when nothing is held back.
        is_held: whether a limit of the endpoint is known.
        is_steady: whether it is kept from growing.
    """

    def __init__(self, *, quick: bool = False) -> None:
        self._doubling = QUICK_DOUBLING if quick else DOUBLING
        self.is_held = False
        self.is_steady = False
        self._bucket: TokenBucket | None = _bucket(FIRST_RATE, QUICK_FIRST if quick else FIRST, 0.0)
        # Where refusals came last: up to there it goes quickly, from there slowly.
        self._ceiling = math.inf
        self._creep = CREEP
        self._grown_at = 0.0
        # When the endpoint's patience was last seen to be used up, and what it let in since.
        self._empty_at = 0.0
        self._let_in = 0
        # Questions that went lately, to know how fast it is when nothing is held back.
        self._span_start = 0.0
        self._span_count = 0
        self._span_rate = 0.0

    @property
    def rate(self) -> float:
        """Questions a second; infinite when nothing is held back."""
        return self._bucket.rate if self._bucket is not None else math.inf

    def wait(self, now: float) -> float:
        """Seconds until one more question may go."""
        return self._bucket.wait(now) if self._bucket is not None else 0.0

    def take(self, now: float) -> None:
        """One question goes."""
        self._let_in += 1
        self._span_count += 1
        if now - self._span_start >= 1.0:
            self._span_rate = self._span_count / (now - self._span_start)
            self._span_start, self._span_count = now, 0
        bucket = self._bucket
        if bucket is None:
            return
        bucket.fill(now)
        # A tempo that holds nobody back teaches nothing about a faster one.
        if bucket.is_full or self.is_steady:
            self._grown_at = now
        else:
            self._grow(bucket, now)
        bucket.level -= 1.0

    def refused(self) -> None:
        """One that went was not let in after all."""
        self._let_in -= 1

    def slow_down(self, now: float, late: float, share: float, stray: float) -> bool:
        """The endpoint refuses: it is asked as fast as it let in since it refused last.

        Args:
            now: the time.
            late: seconds after which a refusal comes back.
            share: that is refused.
            stray: share that would be refused at any tempo.

        Returns:
            Whether that is known; else nothing has changed.
        """
        before = self._now(now)
        seconds = now - self._empty_at
        # Those that are out count as let in, which must not be many.
        if not self._empty_at or self._let_in < ENOUGH or seconds < ENOUGH * late:
            return False
        allowed = self._let_in / (1 - stray) / max(seconds, 1e-6)
        # What is let in of what is asked now; less than that was let in while less was asked.
        if not MUCH_LESS * before * (1 - share) < allowed < before:
            return False
        self._found(allowed, allowed * REST, now)
        return True

    def set_to(self, let_in: int, seconds: float, now: float) -> bool:
        """It was counted what the endpoint lets in.

        Args:
            let_in: questions.
            seconds: in which these were asked.
            now: the time.

        Returns:
            Whether it is asked less than that for sure.
        """
        before = self._now(now)
        # One more or less is chance.
        ceiling = min(before, (let_in + 1) / seconds)
        self._found(ceiling, REST * min(before, let_in / seconds), now)
        return let_in >= ENOUGH

    def slow_down_by(self, share: float, now: float) -> None:
        """The endpoint refuses a share, and that is all that is known."""
        before = self._now(now)
        rate = before * max(DEEPEST, 0.9 * (1 - share))
        if share >= 1.0:
            # Maybe nobody is there at all, which slow questions would be slow to show.
            rate = max(rate, min(before, LEAST_TRIED))
        self._found(before, rate, now)

    def _found(self, ceiling: float, rate: float, now: float) -> None:
        self._ceiling = ceiling
        self._empty_at, self._let_in = now, 0
        self.hold(rate, now)
        self.is_steady = True

    def hold(self, rate: float, now: float, *, limited: bool = True) -> None:
        """Goes at a rate from now on.

        Args:
            rate: questions a second; infinite for as fast as can be.
            now: the time.
            limited: whether that is for a limit of the endpoint's.
        """
        self.is_held = limited and rate < math.inf
        self._creep = CREEP
        self._grown_at = now
        if rate == math.inf:
            self._bucket = None
            return
        self._bucket = _bucket(max(LEAST, rate), 0.0, now)

    def go_back(self, rate: float, now: float, *, limited: bool) -> None:
        """Goes at a rate of before, as refusals are not for load; and soon faster than that."""
        self.hold(rate, now, limited=limited)
        self.is_steady = False
        self._creep = QUICK

    def measure_again(self, now: float) -> None:
        """More may be asked at a time from now on: not all of it at once."""
        if self._bucket is None:
            self.hold(max(FIRST_RATE, self._lately(now)), now, limited=False)

    def _now(self, now: float) -> float:
        """Questions a second that may go, or that went if nothing was held back."""
        return self._bucket.rate if self._bucket is not None else self._lately(now)

    def _lately(self, now: float) -> float:
        """Questions a second that went lately."""
        seconds = now - self._span_start
        return max(self._span_rate, self._span_count / seconds if seconds > 0.1 else 0.0)

    def _grow(self, bucket: TokenBucket, now: float) -> None:
        seconds = now - self._grown_at
        self._grown_at = now
        if not self.is_held:
            bucket.rate *= 2 ** (min(seconds, self._doubling) / self._doubling)
        elif bucket.rate < self._ceiling * REST:
            way = self._ceiling - bucket.rate
            bucket.rate += way * (1 - 2 ** (-seconds / APPROACH))
        else:
            bucket.rate *= (1 + self._creep) ** seconds
            self._creep = min(MOST_CREEP, self._creep * 2**seconds)
        bucket.seconds = HAND + 1 / bucket.rate
        if bucket.rate > FREE and not self.is_held:
            self.hold(math.inf, now)


def _bucket(rate: float, level: float, now: float) -> TokenBucket:
    bucket = TokenBucket(rate, HAND + 1 / rate)
    bucket.level, bucket.at = level, now
    return bucket
