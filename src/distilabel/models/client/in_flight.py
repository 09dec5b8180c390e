"""Sharing: a question that another process asks already is waited for, and not asked twice.

Knows claims and kept answers; not how a model is asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

_Output = TypeVar("_Output")

# Seconds between looks for the answer of another process: more and more, up to the last.
FIRST_LOOK: Final = 0.02
LAST_LOOK: Final = 0.5
# One that neither answers nor ends for so long (it was suspended, say) is not waited for.
PATIENCE: Final = 900.0

_log = logging.getLogger("distilabel.llm")


class KeyLocks(Protocol):
    """Where it is known who asks what."""

    @property
    def is_shared(self) -> bool:
        """Whether another process may keep answers here meanwhile."""
        ...

    def claim(self, key: bytes) -> bool:
        """Claims a question that is asked now; False if another process asks it."""
        ...

    def let_go(self, key: bytes) -> None:
        """Gives a claim back: the answer is kept, or there is none."""
        ...


class InFlight:
    """Shares the questions of one step with those who use the same answers.

    Args:
        claims: where it is known who asks what.
        step: who asks, for the log.
    """

    def __init__(self, claims: KeyLocks, step: str) -> None:
        self._claims = claims
        self._step = step
        self._late: set[bytes] = set()
        self._told = False

    def begins(self, key: bytes, kept: Callable[[], object | None]) -> bool:
        """Whether the question is to be asked now; `ends` must follow if it is.

        If not, its answer is kept by now, or another process asks it: see `answer`.

        Args:
            key: of the question.
            kept: gives its answer, if that is kept.
        """
        claims = self._claims
        claimed = claims.claim(key)
        if not claims.is_shared or key in self._late:
            return True
        if claimed and kept() is None:
            return True
        if claimed:
            claims.let_go(key)
        return False

    def ends(self, key: bytes) -> None:
        """The answer is kept, or there is none."""
        self._claims.let_go(key)

    async def answer(
        self, key: bytes, kept: Callable[[], _Output | None], stopped: Callable[[], bool]
    ) -> _Output | None:
        """Waits for the answer that another process asks for.

        Args:
            key: of the question.
            kept: gives its answer, if that is kept.
            stopped: whether there is no more use in waiting.

        Returns:
            The answer; None if the other one gave up, or its process ended: then it is to be asked
            after all.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        pause = FIRST_LOOK
        while (output := kept()) is None and not stopped():
            if self._claims.claim(key):
                self._claims.let_go(key)
                # It may have been kept between the two.
                return kept()
            if loop.time() > until:
                self._late.add(key)
                return None
            if not self._told:
                self._told = True
                _log.info(
                    "%s: another run asks some of the same questions; it is waited for its answers",
                    self._step,
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_LOOK)
        return output
