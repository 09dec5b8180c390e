"""The pace: how many questions and tokens a minute one endpoint is given.

The user's two limits. Knows time and counts only; what the endpoint allows is found out by `tempo`.
"""

from __future__ import annotations

from typing import Final

from distilabel._core.token_bucket import TokenBucket

# Tokens of a question and its answer, until one is known.
GUESS: Final = 500.0


class UserLimits:
    """Says how long the next question has to wait.

    Args:
        requests_per_minute: the user's limit of questions.
        tokens_per_minute: the user's limit of tokens.

    Attributes:
        tokens_each: tokens of a question and its answer, as far as is known.
    """

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._requests = TokenBucket(requests_per_minute / 60) if requests_per_minute else None
        self._tokens = TokenBucket(tokens_per_minute / 60) if tokens_per_minute else None
        self.tokens_each = GUESS

    def wait(self, now: float) -> float:
        """Seconds until one more question may go."""
        requests = self._requests.wait(now) if self._requests is not None else 0.0
        tokens = self._tokens.wait(now) if self._tokens is not None else 0.0
        return max(requests, tokens)

    def take(self, now: float) -> float:
        """One question goes.

        Returns:
            The tokens set aside for it, to be given to `spend`.
        """
        if self._requests is not None:
            self._requests.take(now)
        if self._tokens is None:
            return 0.0
        self._tokens.take(now, self.tokens_each)
        return self.tokens_each

    def spend(self, tokens: int, reserved: float, now: float) -> None:
        """A question is over.

        Args:
            tokens: those that it and its answer took; 0 if there was no answer.
            reserved: those that were set aside for it.
            now: the time.
        """
        if tokens:
            self.tokens_each += 0.1 * (tokens - self.tokens_each)
        if self._tokens is not None:
            self._tokens.take(now, tokens - reserved)
