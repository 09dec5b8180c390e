"""Decides whether a failed request is sent again, and how long to wait before that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from distilabel.errors import AnswerError, EndpointError, ModelError

# Seconds for which a request is sent again after rejections for load, which say nothing about it.
PATIENCE: Final = 900.0
# Retries of a model that sets none.
RETRIES: Final = 6
FIRST_WAIT: Final = 0.2
# Short, because the rate limiter sets the pace and waits during an outage.
LONGEST_WAIT: Final = 1.0


@dataclass(slots=True)
class Failures:
    """The failed attempts of one request.

    Attributes:
        since: Time of the first failure, in seconds. Not the time of the first attempt, which may
            have waited for its lease for hours.
        attempts: Failed attempts.
        counted: Those that count against `max_retries`.
    """

    since: float
    attempts: int = 0
    counted: int = 0

    def add(self, error: AnswerError, *, is_up: bool) -> None:
        """Counts a failed attempt.

        Args:
            error: Why it failed.
            is_up: Whether the endpoint answers other requests. During an outage, and after a
                rejection for load, the failure is not the fault of the request.
        """
        self.attempts += 1
        self.counted += is_up and not error.overloaded


def retry_pause(
    error: AnswerError, failures: Failures, max_retries: int, now: float, jitter: float
) -> float | ModelError:
    """Decides what follows a failed attempt.

    Args:
        error: Why the last attempt failed.
        failures: All failed attempts, with the last one.
        max_retries: Most counted failures that are followed by another attempt.
        now: Current time in seconds.
        jitter: Random number from 0 to 1, which spreads the retries of several requests.

    Returns:
        Seconds to wait before the next attempt, or the error to raise.
    """
    wait = error.retry_after or 0.0
    if wait > PATIENCE:
        return EndpointError(f"{error}. The endpoint asks to wait {wait:.0f} s.")
    late = now - failures.since > PATIENCE
    if not error.retryable or failures.counted > max_retries or late:
        error.attempts = failures.attempts
        return error
    pause: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures.attempts - 1, 10))
    return max((0.5 + 0.5 * jitter) * pause, wait * (1.0 + 0.1 * jitter))
