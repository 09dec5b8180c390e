"""The load: how fast an endpoint can be asked before it refuses, found out while it is asked.

Joins what judges refusals (`strain`) with what sets the tempo.
"""

from __future__ import annotations

from distilabel.models.strain import MOST_STRAY, Strain, Verdict
from distilabel.models.tempo import Tempo


class Load:
    """Sets the tempo of one endpoint by what it refuses.

    Attributes:
        tempo: how fast it is asked.
    """

    def __init__(self) -> None:
        self.tempo = Tempo()
        self._strain = Strain()
        # The tempo before refusals made it ask less, to go back to.
        self._before = (self.tempo.rate, False)

    @property
    def refuses_most(self) -> bool:
        """Whether most questions were refused when the tempo was slowed down last."""
        return self._strain.share > MOST_STRAY

    def saw(self, ticket: int, refused: bool, asked: int, now: float) -> bool:
        """A question was answered or refused.

        Args:
            ticket: number of the question.
            refused: whether it was refused.
            asked: number of the question that was asked last.
            now: the time.

        Returns:
            Whether the tempo is slower now.
        """
        tempo, strain = self.tempo, self._strain
        if refused:
            tempo.refused()
        verdict = strain.saw(ticket, refused, asked)
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
        sure = tempo.slow_down(now, strain.share, strain.stray)
        strain.begin_trial(asked, tempo.rate, sure=sure)
        return True

    def forget_outage(self, asked: int, now: float) -> None:
        """What was refused because nobody was there is no reason to ask less.

        Args:
            asked: number of the question that was asked last.
            now: the time.
        """
        if self._strain.on_trial:
            self._go_back(now)
        else:
            self.tempo.measure_again(now)
        self._strain.forget(asked)

    def _go_back(self, now: float) -> None:
        rate, limited = self._before
        self.tempo.go_back(rate, now, limited=limited)
