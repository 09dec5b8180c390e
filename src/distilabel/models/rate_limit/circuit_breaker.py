"""Detects outages: pauses an endpoint that answers nothing, then probes it with single requests.

Rejections for load alone are not judged here but by `overload_detector`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

# The breaker opens after this many failures in a row, of at least this many different questions:
# retries go first, so a few questions that always fail can follow each other.
BREAK_AFTER: Final = 10
DIFFERENT: Final = 4
# Rejections return at once, before the first answers: they must go on for this many seconds.
LEAST_SECONDS: Final = 0.5
FIRST_PAUSE: Final = 1.0
# Probes this many seconds apart put no load on an endpoint, and notice the end of an outage soon.
LONGEST_PAUSE: Final = 10.0
# Seconds after which a run gives up. An endpoint that has answered before may come back; one that
# never has is probably not there.
PATIENCE: Final = 900.0
PATIENCE_UNKNOWN: Final = 30.0


class CircuitBreaker:
    """Stops the requests to one endpoint during an outage.

    Args:
        most: Most requests in flight, which is how many can fail together.

    Attributes:
        is_open: Whether there is an outage.
        failures: Failures in a row.
    """

    def __init__(self, most: int) -> None:
        self.is_open = False
        self.failures = 0
        self.set_most(most)
        # One question that fails again and again says nothing about the endpoint.
        self._failing: set[Hashable] = set()
        self._has_answered = False
        self._rejects = False
        self._since = 0.0
        self._pause = 0.0
        self._until = 0.0
        self._probe: int | None = None

    def set_most(self, most: int) -> None:
        """Sets how many requests can fail together.

        Args:
            most: Most requests in flight.
        """
        self._different = min(DIFFERENT, most)

    def wait(self, now: float) -> float | None:
        """Returns the seconds until a request may be sent.

        Args:
            now: Current time in seconds.

        Returns:
            Seconds; 0 for now, None for when the probe that is in flight returns.
        """
        if not self.is_open:
            return 0.0
        if self._probe is not None:
            return None
        return max(0.0, self._until - now)

    def sent(self, number: int) -> None:
        """Records that a request is sent; during an outage it is the probe.

        Args:
            number: Number of the request.
        """
        if self.is_open:
            self._probe = number

    def ignored(self, number: int) -> None:
        """Records the return of a request that says nothing about the endpoint.

        Args:
            number: Number of the request.
        """
        if number == self._probe:
            self._probe = None

    def succeeded(self) -> bool:
        """Records an answer.

        Returns:
            Whether it ends an outage.
        """
        ended, self.is_open = self.is_open, False
        self._has_answered = True
        self.failures = 0
        self._failing.clear()
        self._pause = 0.0
        self._probe = None
        return ended

    def failed(
        self,
        number: int,
        key: Hashable,
        in_flight: int,
        rejected: bool,
        retry_after: float | None,
        now: float,
    ) -> float | None:
        """Records a failure.

        Args:
            number: Number of the request.
            key: Identifies its question.
            in_flight: Requests that are in flight and may still be answered.
            rejected: Whether the request was rejected for load.
            retry_after: Seconds that the endpoint asked to wait, if it did.
            now: Current time in seconds.

        Returns:
            Seconds for which no request is sent from now on; None for no change.
        """
        if not self.failures:
            self._since = now
        self.failures += 1
        self._failing.add(key)
        if self.is_open:
            # Only the probe counts: the others were sent before the breaker opened.
            if number != self._probe:
                return None
        elif (
            self.failures < max(BREAK_AFTER, in_flight)
            or len(self._failing) < self._different
            or (rejected and self.seconds(now) < LEAST_SECONDS)
        ):
            return None
        self.is_open = True
        self._rejects = rejected
        self._probe = None
        self._pause = min(LONGEST_PAUSE, max(2 * self._pause, FIRST_PAUSE))
        pause = max(self._pause, retry_after or 0.0)
        self._until = now + pause
        return pause

    def seconds(self, now: float) -> float:
        """Returns the seconds since the first of the failures in a row."""
        return now - self._since

    def is_hopeless(self, now: float) -> bool:
        """Whether the outage has lasted too long to keep waiting."""
        is_there = self._has_answered or self._rejects
        return self.seconds(now) > (PATIENCE if is_there else PATIENCE_UNKNOWN)
