"""A token bucket: how many requests a second may pass; knows nothing of the wire."""

import time
from collections.abc import Callable


class TokenBucket:
    """Lets a number of requests per second pass, and as many at once after a rest.

    Args:
        rate: Requests per second; also the largest burst, which is at least one request.
        clock: Gives the time in seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._size = max(1.0, rate)
        self._left = self._size
        self._seen = clock()

    @property
    def size(self) -> int:
        """The largest burst, in requests."""
        return int(self._size)

    @property
    def left(self) -> int:
        """How many requests could pass at once, as of the last one."""
        return int(self._left)

    @property
    def full_in(self) -> float:
        """Seconds until the largest burst could pass again, as of the last request."""
        return (self._size - self._left) / self._rate

    def take(self) -> float:
        """Asks for one request to pass.

        Returns:
            0 if it may pass; else the seconds after which the next one may.
        """
        now = self._clock()
        self._left = min(self._size, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate
