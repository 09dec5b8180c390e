"""The load: how fast an endpoint can be asked before it refuses, found out while it is asked.

Joins what judges refusals (`strain`) with what sets the tempo. When refusals begin and it is not
known how much is allowed, nothing is asked for as long as a refusal takes to come back: then it is
known what was let in of what was asked since the first one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from distilabel.models.rate_limit.overload_detector import MOST_STRAY, OverloadDetector, Verdict
from distilabel.models.rate_limit.rate import RequestRate

# Fewer questions are too few for a count to mean something.
FEWEST: Final = 8


@dataclass(slots=True)
class _Count:
    """What was let in of the questions from the first one refused to the last one asked."""

    first: int
    last: int
    refused: int
    seconds: float
    until: float


class RateController:
    """Sets the tempo of one endpoint by what it refuses.

    Args:
        slower: called when it is asked more slowly from now on.
        quick: whether it begins quickly, as the user knows how many questions the endpoint bears.

    Attributes:
        tempo: how fast it is asked.
    """

    def __init__(self, slower: Callable[[], None], *, quick: bool = False) -> None:
        self.tempo = RequestRate(quick=quick)
        self._slower = slower
        self._strain = OverloadDetector()
        # The tempo before refusals made it ask less, to go back to.
        self._before = (self.tempo.rate, False)
        self._count: _Count | None = None
        # When the question was asked from which on refusals count.
        self._since = 0.0

    @property
    def refuses_most(self) -> bool:
        """Whether most questions were refused when it was too much last."""
        return self._strain.share > MOST_STRAY

    def wait(self, now: float) -> float:
        """Seconds until one more question may go."""
        if self._count is not None:
            if now < self._count.until:
                return self._count.until - now
            self._end_count(self._count, now)
        return self.tempo.wait(now)

    def saw(self, ticket: int, refused: bool, at: float, asked: int, now: float) -> bool:
        """A question was answered or refused.

        Args:
            ticket: number of the question.
            refused: whether it was refused.
            at: when it was asked.
            asked: number of the question that was asked last.
            now: the time.

        Returns:
            Whether it is too much.
        """
        tempo, strain, count = self.tempo, self._strain, self._count
        if refused:
            tempo.refused()
        if count is not None:
            count.refused += refused and count.first <= ticket <= count.last
            return False
        verdict = strain.saw(ticket, refused, asked)
        if refused and strain.first == ticket:
            self._since = at
        if verdict is Verdict.NOTHING:
            return False
        if verdict is Verdict.LOAD:
            tempo.is_steady = False
            return False
        if verdict is Verdict.NOT_LOAD:
            self._go_back(now)
            return False
        if verdict is Verdict.ASK_LESS:
            self._before = (tempo.rate, tempo.is_held)
        if tempo.slow_down(now, now - at, strain.share, strain.stray):
            self._begin_trial(asked, now, sure=True)
        elif asked - strain.first < FEWEST:
            tempo.slow_down_by(strain.share, now)
            self._begin_trial(asked, now, sure=False)
        else:
            # Those that are out now are refused as late as this one, at most.
            seconds = now - self._since
            self._count = _Count(strain.first, asked, strain.refused, seconds, 2 * now - at)
        return True

    def forget_outage(self, asked: int, now: float) -> None:
        """What was refused because nobody was there is no reason to ask less.

        Args:
            asked: number of the question that was asked last.
            now: the time.
        """
        if self._strain.on_trial or self._count is not None:
            self._go_back(now)
        else:
            self.tempo.measure_again(now)
        self._count = None
        self._strain.forget(asked)

    def _end_count(self, count: _Count, now: float) -> None:
        self._count = None
        let_in = count.last - count.first + 1 - count.refused
        sure = let_in > 0 and self.tempo.set_to(let_in, max(count.seconds, 1e-3), now)
        if let_in <= 0:
            self.tempo.slow_down_by(1.0, now)
        self._begin_trial(count.last, now, sure=sure)

    def _begin_trial(self, asked: int, now: float, *, sure: bool) -> None:
        self._since = now
        self._strain.begin_trial(asked, self.tempo.rate, sure=sure)
        self._slower()

    def _go_back(self, now: float) -> None:
        rate, limited = self._before
        self.tempo.go_back(rate, now, limited=limited)
