"""The pace: how many questions and tokens a minute one endpoint is given.

Two limits of the user's, and one that is learnt: an endpoint that refuses what it is asked is
asked as fast as it answered, then a little faster, and faster again. Knows time and counts only.
"""

from __future__ import annotations

from typing import Final

# The learnt pace grows by this share a second, to find out when the endpoint allows more.
GROWTH: Final = 0.02
# Seconds over which the rate of answers is measured.
SPAN: Final = 2.0


class _Bucket:
    """Fills at a rate, holds at most one second's worth, may be overdrawn."""

    __slots__ = ("at", "level", "rate")

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.level = max(1.0, rate)
        self.at = 0.0

    def fill(self, now: float) -> None:
        if self.at:
            self.level = min(max(1.0, self.rate), self.level + (now - self.at) * self.rate)
        self.at = now

    def wait(self, now: float, amount: float) -> float:
        self.fill(now)
        return max(0.0, (amount - self.level) / self.rate)


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
        self._span_start = 0.0
        self._span_count = 0
        self._rate = 0.0

    def wait(self, now: float) -> float:
        """Seconds until one more question may go."""
        seconds = 0.0
        if self._requests is not None:
            seconds = self._requests.wait(now, 1.0)
        if self._tokens is not None:
            seconds = max(seconds, self._tokens.wait(now, 1.0))
        if self._learnt is not None:
            seconds = max(seconds, self._learnt.wait(now, 1.0))
        return seconds

    def take(self, now: float) -> None:
        """One question goes."""
        if self._requests is not None:
            self._requests.level -= 1.0
        if self._learnt is not None:
            self._learnt.level -= 1.0

    def spend(self, tokens: int, now: float) -> None:
        """A question and its answer took so many tokens."""
        if self._tokens is not None:
            self._tokens.fill(now)
            self._tokens.level -= tokens

    def answered(self, now: float) -> None:
        """A question was answered: measures the rate, and lets the learnt pace grow."""
        self._span_count += 1
        elapsed = now - self._span_start
        if elapsed >= SPAN:
            self._rate = self._span_count / elapsed if self._span_start else 0.0
            self._span_start = now
            self._span_count = 0
            if self._learnt is not None:
                self._learnt.rate *= (1 + GROWTH) ** min(elapsed, 10 * SPAN)

    def slow_down(self, now: float) -> None:
        """The endpoint refuses: no faster than it answered lately."""
        elapsed = now - self._span_start
        rate = (
            self._span_count / elapsed if elapsed >= SPAN / 2 and self._span_start else self._rate
        )
        if rate <= 0:
            return
        self._learnt = _Bucket(rate)
        self._learnt.level = 0.0
        self._learnt.at = now
