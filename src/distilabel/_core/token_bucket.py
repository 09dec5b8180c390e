"""A bucket of leaves to ask: fills with time, holds so much, may be overdrawn. Arithmetic only."""

from __future__ import annotations


class TokenBucket:
    """Fills at a rate, holds at most some seconds' worth, may be overdrawn.

    Args:
        rate: what flows in, a second.
        seconds: how many seconds' worth it holds; at least one whole piece.

    Attributes:
        rate: what flows in, a second.
        seconds: how many seconds' worth it holds.
        level: what is there.
        at: when that was.
    """

    __slots__ = ("at", "level", "rate", "seconds")

    def __init__(self, rate: float, seconds: float = 1.0) -> None:
        self.rate = rate
        self.seconds = seconds
        self.level = self.most
        self.at = 0.0

    @property
    def most(self) -> float:
        """What it holds."""
        return max(1.0, self.rate * self.seconds)

    @property
    def is_full(self) -> bool:
        """Whether it holds as much as it can."""
        return self.level >= self.most

    def fill(self, now: float) -> None:
        """Lets in what time brings."""
        if self.at and self.level < self.most:
            self.level = min(self.most, self.level + (now - self.at) * self.rate)
        self.at = now

    def take(self, now: float, amount: float = 1.0) -> None:
        """Takes some out, even if it is not there."""
        self.fill(now)
        self.level -= amount

    def wait(self, now: float) -> float:
        """Seconds until the level is 1."""
        self.fill(now)
        # Less than a millionth is rounding, and would have a timer ring too early for ever.
        missing = 1.0 - self.level
        return missing / self.rate if missing > 1e-6 else 0.0
