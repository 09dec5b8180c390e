"""`RateLimit`: limits requests per second and reports the limit in response headers."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from distilabel._core.token_bucket import TokenBucket

HEADER_STYLES = ("openai", "anthropic", "none")
"""Providers whose rate limit headers can be sent, or none."""


class RateLimit:
    """Limit of requests per second, with bursts of one second's worth.

    Args:
        rate: Requests per second; None for no limit.
        style: Style of the headers, one of `HEADER_STYLES`.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, rate: float | None, style: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bucket = None if rate is None else TokenBucket(rate)
        self._style = style
        self._clock = clock

    def acquire(self) -> float:
        """Admits a request, or returns the seconds until the next one can be admitted.

        Returns:
            0 if the request is admitted.
        """
        if self._bucket is None:
            return 0.0
        now = self._clock()
        wait = self._bucket.wait(now)
        if not wait:
            self._bucket.take(now)
        return wait

    def headers(self) -> Mapping[str, str]:
        """Returns the headers that report the limit as of the last request; none without one."""
        bucket = self._bucket
        if bucket is None or self._style == "none":
            return {}
        limit, remaining = str(int(bucket.capacity)), str(int(bucket.level))
        full_in = (bucket.capacity - bucket.level) / bucket.rate
        if self._style == "anthropic":
            reset = datetime.now(UTC) + timedelta(seconds=full_in)
            return {
                "anthropic-ratelimit-requests-limit": limit,
                "anthropic-ratelimit-requests-remaining": remaining,
                "anthropic-ratelimit-requests-reset": reset.isoformat(),
            }
        return {
            "x-ratelimit-limit-requests": limit,
            "x-ratelimit-remaining-requests": remaining,
            "x-ratelimit-reset-requests": f"{full_in:.3f}s",
        }
