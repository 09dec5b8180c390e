"""Work that may rest: a row, or a batch in a thread, which does nothing while its questions wait.

Whoever runs it says so here; the door of a model that is asked in jobs reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

_work: ContextVar[Work | None] = ContextVar("distilabel_work", default=None)


class Work:
    """Something that is being worked on, and rests while at least one of its questions waits.

    Args:
        rest: told that it rests, on the event loop.
        resume: told that it goes on, on the event loop.
    """

    def __init__(self, rest: Callable[[], None], resume: Callable[[], None]) -> None:
        self._rest = rest
        self._resume = resume
        self._waiting = 0

    def waits(self) -> None:
        """One more of its questions waits."""
        self._waiting += 1
        if self._waiting == 1:
            self._rest()

    def goes_on(self) -> None:
        """One of its questions waits no longer."""
        self._waiting -= 1
        if self._waiting == 0:
            self._resume()


def work_here() -> Work | None:
    """What the running code works on, if anybody has said so."""
    return _work.get()


def begin_work(work: Work) -> None:
    """Says what the running code works on, and whatever it starts."""
    _work.set(work)
