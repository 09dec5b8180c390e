"""A token bucket that may be overdrawn. Arithmetic only."""

from __future__ import annotations


class TokenBucket:
    """Fills at a constant rate up to its capacity.

    Args:
        rate: Tokens added per second.
        seconds: Capacity, in seconds of `rate`; at least one token.

    Attributes:
        rate: Tokens added per second.
        seconds: Capacity, in seconds of `rate`.
        level: Tokens in the bucket; negative if overdrawn.
        at: Time at which `level` was computed, in seconds.
    """

    __slots__ = ("at", "level", "rate", "seconds")

    def __init__(self, rate: float, seconds: float = 1.0) -> None:
        self.rate = rate
        self.seconds = seconds
        self.level = self.capacity
        self.at = 0.0

    @property
    def capacity(self) -> float:
        """Most tokens that it holds."""
        return max(1.0, self.rate * self.seconds)

    @property
    def is_full(self) -> bool:
        """Whether it holds as many tokens as it can."""
        return self.level >= self.capacity

    def fill(self, now: float) -> None:
        """Adds the tokens of the time that has passed."""
        if self.at and self.level < self.capacity:
            self.level = min(self.capacity, self.level + (now - self.at) * self.rate)
        self.at = now

    def take(self, now: float, amount: float = 1.0) -> None:
        """Removes tokens, even if the bucket does not hold them."""
        self.fill(now)
        self.level -= amount

    def wait(self, now: float) -> float:
        """Returns the seconds until the bucket holds one token."""
        self.fill(now)
        # Less than a millionth is rounding, and would make a timer fire too early again and again.
        missing = 1.0 - self.level
        return missing / self.rate if missing > 1e-6 else 0.0
