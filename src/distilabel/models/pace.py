"""The pace: how many questions and tokens a minute one endpoint is given.

Two limits of the user's, and one that is learnt: an endpoint that refuses what it is asked is
asked as fast as it answered, then a little faster, and faster again. Knows time and counts only.
"""

from __future__ import annotations

from typing import Final

# The learnt pace grows by this share a second, to find out when the endpoint allows more.
GROWTH: Final = 0.02
# While it is tried whether refusals are for load, the pace is surely below what was answered;
# afterwards it is a little below, so that it takes a while to meet the limit again.
TRIAL: Final = 0.8
REST: Final = 0.97
# Seconds over which the rate of answers is measured, and the fewest that say anything.
SPAN: Final = 2.0
LEAST_SPAN: Final = 1.0
LEAST_ANSWERS: Final = 8
# Tokens of a question and its answer, until one is known.
GUESS: Final = 500.0


class _Bucket:
    """Fills at a rate, holds at most some seconds' worth, may be overdrawn."""

    __slots__ = ("at", "level", "most", "rate")

    def __init__(self, rate: float, seconds: float = 1.0) -> None:
        self.rate = rate
        self.most = max(1.0, rate * seconds)
        self.level = self.most
        self.at = 0.0

    def fill(self, now: float) -> None:
        if self.at:
            self.level = min(self.most, self.level + (now - self.at) * self.rate)
        self.at = now

    def wait(self, now: float) -> float:
        """Seconds until the level is 1."""
        self.fill(now)
        # Less than a millionth is rounding, and would have a timer ring too early for ever.
        missing = 1.0 - self.level
        return missing / self.rate if missing > 1e-6 else 0.0


class Pace:
    """Says how long the next question has to wait.

    Args:
        requests_per_minute: the user's limit of questions.
        tokens_per_minute: the user's limit of tokens.
    """

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._requests = _Bucket(requests_per_minute / 60) if requests_per_minute else None
        self._tokens = _Bucket(tokens_per_minute / 60) if tokens_per_minute else None
        self._learnt: _Bucket | None = None
        self._tokens_each = GUESS
        self._span_start = 0.0
        self._span_count = 0
        self._rate = 0.0
        self._free = False

    @property
    def learnt(self) -> float | None:
        """Questions a second the endpoint is thought to answer; None if it sets no limit."""
        return self._learnt.rate if self._learnt is not None else None

    def wait(self, now: float) -> float:
        """Seconds until one more question may go."""
        buckets = (self._requests, self._tokens, self._learnt)
        return max((bucket.wait(now) for bucket in buckets if bucket is not None), default=0.0)

    def take(self, now: float) -> float:
        """One question goes.

        Returns:
            The tokens set aside for it, to be given to `spend`.
        """
        if not self._span_start:
            self._span_start = now
        for bucket in (self._requests, self._learnt):
            if bucket is not None:
                bucket.fill(now)
                bucket.level -= 1.0
        if self._tokens is None:
            return 0.0
        self._tokens.fill(now)
        self._tokens.level -= self._tokens_each
        return self._tokens_each

    def spend(self, tokens: int, reserved: float, now: float) -> None:
        """A question is over.

        Args:
            tokens: those that it and its answer took; 0 if there was no answer.
            reserved: those that were set aside for it.
            now: the time.
        """
        if self._tokens is None:
            return
        self._tokens.fill(now)
        self._tokens.level += reserved - tokens
        if tokens:
            self._tokens_each += 0.1 * (tokens - self._tokens_each)

    def answered(self, now: float) -> None:
        """A question was answered: measures the rate, and lets the learnt pace grow."""
        self._span_count += 1
        elapsed = now - self._span_start
        if elapsed >= SPAN:
            self._rate = self._span_count / elapsed
            self._span_start = now
            self._span_count = 0
            if self._learnt is not None:
                grown = 2.0 if self._free else (1 + GROWTH) ** min(elapsed, 10 * SPAN)
                self._learnt.rate *= grown

    def slow_down(self, now: float, in_flight: int) -> bool:
        """The endpoint refuses: it is asked slower than it answered lately, for a trial.

        Args:
            now: the time.
            in_flight: questions it has taken and not answered yet; all there is to go by while
                the first answers are still to come.

        Returns:
            Whether it is known how fast it answered.
        """
        elapsed = now - self._span_start
        if elapsed >= LEAST_SPAN and self._span_count >= LEAST_ANSWERS:
            self._rate = self._span_count / elapsed
            self._span_start = now
            self._span_count = 0
        sure = self._rate > 0
        rate = self._rate or (self._span_count + in_flight) / max(elapsed, LEAST_SPAN)
        self._free = False
        if rate > 0:
            self._learn(rate * (TRIAL if sure else REST), now)
        return sure

    def judge(self, now: float, *, load: bool) -> None:
        """The trial is over.

        Args:
            now: the time.
            load: whether the refusals were for load. If not, the pace is let go, step by step: it
                might be that there is a limit as well.
        """
        self._free = not load
        if self._learnt is not None and self._rate > 0:
            self._learn(self._rate * (REST if load else 2.0), now)

    def go_back_to(self, rate: float | None, now: float) -> None:
        """Undoes what was learnt, up to a pace of before; None for none."""
        self._learnt = None
        if rate is not None:
            self._learn(rate, now)

    def forget(self, now: float) -> None:
        """The time until now says nothing about how fast questions are answered."""
        self._span_start = now
        self._span_count = 0

    def _learn(self, rate: float, now: float) -> None:
        # No second's worth in hand: the endpoint may count in shorter spans.
        self._learnt = _Bucket(rate, 0.1)
        self._learnt.level = 0.0
        self._learnt.at = now
