"""Outages: an endpoint that answers nobody is left alone, then tried with one question at a time.

Knows failures in a row and time; not what is refused for load, which is `strain`'s.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

# So many questions in a row got no answer, and at least so many different ones among them: those
# that are asked again go first, and a few of them say nothing about the endpoint.
BREAK_AFTER: Final = 10
DIFFERENT: Final = 4
# Refusals come at once, before the first answers: so many seconds of nothing else.
LEAST_SECONDS: Final = 0.5
FIRST_PAUSE: Final = 1.0
# One question every so many seconds is a burden to nobody, and a short outage ends soon.
LONGEST_PAUSE: Final = 10.0
# An endpoint that never answered and is broken is given up soon; others may come back.
PATIENCE: Final = 900.0
PATIENCE_WITH_A_STRANGER: Final = 30.0


class CircuitBreaker:
    """Watches one endpoint for being out of order.

    Args:
        most: most questions that are asked at a time, which is how many can fail together.

    Attributes:
        is_on: whether the endpoint is out of order.
        failures: questions in a row that got no answer.
    """

    def __init__(self, most: int) -> None:
        self.is_on = False
        self.failures = 0
        self._different = min(DIFFERENT, most)
        # A question that never gets an answer says nothing about the endpoint, however often.
        self._failing: set[Hashable] = set()
        self._known = False
        self._refuses = False
        self._since = 0.0
        self._pause = 0.0
        self._until = 0.0
        self._probe: int | None = None

    def wait(self, now: float) -> float | None:
        """Seconds until a question may go: 0 for now, None for when the one that tries is back."""
        if not self.is_on:
            return 0.0
        if self._probe is not None:
            return None
        return max(0.0, self._until - now)

    def took(self, ticket: int) -> None:
        """A question goes."""
        if self.is_on:
            self._probe = ticket

    def said_nothing(self, ticket: int) -> None:
        """A question is back that says nothing about the endpoint."""
        if ticket == self._probe:
            self._probe = None

    def answered(self) -> bool:
        """A question was answered.

        Returns:
            Whether this ends an outage.
        """
        ended, self.is_on = self.is_on, False
        self._known = True
        self.failures = 0
        self._failing.clear()
        self._pause = 0.0
        self._probe = None
        return ended

    def failed(
        self,
        ticket: int,
        question: Hashable,
        in_flight: int,
        refused: bool,
        wait: float | None,
        now: float,
    ) -> float | None:
        """A question got no answer.

        Args:
            ticket: number of the question.
            question: what tells questions apart.
            in_flight: how many are out still, and may be answered.
            refused: whether it was refused, rather than broken.
            wait: seconds the endpoint asked to be left alone, if it did.
            now: the time.

        Returns:
            Seconds for which the endpoint is left alone from now on; None for no change.
        """
        if not self.failures:
            self._since = now
        self.failures += 1
        self._failing.add(question)
        if self.is_on:
            # Those that were out when it began say nothing new.
            if ticket != self._probe:
                return None
        elif (
            self.failures < max(BREAK_AFTER, in_flight)
            or len(self._failing) < self._different
            or (refused and self.seconds(now) < LEAST_SECONDS)
        ):
            return None
        self.is_on = True
        self._refuses = refused
        self._probe = None
        self._pause = min(LONGEST_PAUSE, max(2 * self._pause, FIRST_PAUSE))
        pause = max(self._pause, wait or 0.0)
        self._until = now + pause
        return pause

    def seconds(self, now: float) -> float:
        """How long there was no answer."""
        return now - self._since

    def is_hopeless(self, now: float) -> bool:
        """Whether it has lasted for so long that waiting on makes no sense."""
        known = self._known or self._refuses
        return self.seconds(now) > (PATIENCE if known else PATIENCE_WITH_A_STRANGER)
