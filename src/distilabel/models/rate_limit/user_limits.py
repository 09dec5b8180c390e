"""Enforces the user's limits of requests and tokens per minute for one endpoint."""

from __future__ import annotations

from typing import Final

from distilabel._core.token_bucket import TokenBucket

# Tokens of a request and its answer, before the first answer.
GUESS: Final = 500.0


class UserLimits:
    """Computes how long the next request has to wait.

    Args:
        requests_per_minute: The user's limit of requests; None for no limit.
        tokens_per_minute: The user's limit of tokens; None for no limit.

    Attributes:
        tokens_each: Estimated tokens of a request and its answer.
    """

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._requests: TokenBucket | None = None
        self._tokens: TokenBucket | None = None
        self.tokens_each = GUESS
        self.set(requests_per_minute, tokens_per_minute)

    def set(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        """Sets the limits; what was taken before stays taken.

        Args:
            requests_per_minute: The user's limit of requests; None for no limit.
            tokens_per_minute: The user's limit of tokens; None for no limit.
        """
        self._requests = _changed(self._requests, requests_per_minute)
        self._tokens = _changed(self._tokens, tokens_per_minute)

    def wait(self, now: float) -> float:
        """Returns the seconds until one more request may be sent."""
        requests = self._requests.wait(now) if self._requests is not None else 0.0
        tokens = self._tokens.wait(now) if self._tokens is not None else 0.0
        return max(requests, tokens)

    def take(self, now: float) -> float:
        """Counts a request that is sent.

        Returns:
            The tokens reserved for it, to be passed to `settle`.
        """
        if self._requests is not None:
            self._requests.take(now)
        if self._tokens is None:
            return 0.0
        self._tokens.take(now, self.tokens_each)
        return self.tokens_each

    def settle(self, tokens: int, reserved: float, now: float) -> None:
        """Replaces the reserved tokens of a request by those it took.

        Args:
            tokens: Tokens of the request and its answer; 0 without an answer.
            reserved: Tokens that `take` reserved for it.
            now: Current time in seconds.
        """
        if tokens:
            self.tokens_each += 0.1 * (tokens - self.tokens_each)
        if self._tokens is not None:
            self._tokens.take(now, tokens - reserved)


def _changed(bucket: TokenBucket | None, per_minute: int | None) -> TokenBucket | None:
    """Returns a bucket with another rate, no fuller than the one before."""
    if not per_minute:
        return None
    rate = per_minute / 60
    if bucket is not None and bucket.rate == rate:
        return bucket
    changed = TokenBucket(rate)
    if bucket is not None:
        changed.level, changed.at = min(bucket.level, changed.level), bucket.at
    return changed
