"""Avoids asking a question twice when another process with the same answer store asks it now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final, Generic, Protocol, TypeVar

_Output = TypeVar("_Output")
_Accept = Callable[[_Output], bool]

# Seconds between two lookups of the answer of another process: they double from first to last.
FIRST_LOOK: Final = 0.02
LAST_LOOK: Final = 0.5
# Seconds after which a process that neither answers nor ends (a suspended one) is not waited for.
PATIENCE: Final = 900.0

_log = logging.getLogger("distilabel.llm")


class KeyLocks(Protocol):
    """Locks on keys, shared by the processes that use one answer store."""

    @property
    def is_shared(self) -> bool:
        """Whether another process uses the store at the moment."""
        ...

    def claim(self, key: bytes) -> bool:
        """Locks a key; returns False if another process holds the lock."""
        ...

    def release(self, key: bytes) -> None:
        """Releases the lock of a key."""
        ...


class InFlight(Generic[_Output]):
    """The questions of one step that are in flight, as other processes see them.

    Args:
        locks: Locks on the keys of questions.
        lookup: Returns the stored answer of a key, if there is one that is acceptable.
        step: Name of the step, for the log.
    """

    def __init__(
        self,
        locks: KeyLocks,
        lookup: Callable[[bytes, _Accept[_Output]], _Output | None],
        step: str,
    ) -> None:
        self._locks = locks
        self._lookup = lookup
        self._step = step
        # Keys that another process holds but never answers.
        self._overdue: set[bytes] = set()
        self._is_logged = False

    def claim(self, key: bytes, accept: _Accept[_Output]) -> Claim[_Output]:
        """Returns a claim on a question.

        Args:
            key: Key of its answer.
            accept: Whether a stored answer is acceptable.
        """
        return Claim(self, key, accept)


class Claim(Generic[_Output]):
    """The right to ask one question, held while its request is in flight.

    A context manager that is entered again for every attempt. Entering it returns whether the
    question must be asked now; if not, it has been answered or another process is asking it, and
    `wait` returns the answer.
    """

    __slots__ = ("_accept", "_in_flight", "_is_held", "_key")

    def __init__(self, in_flight: InFlight[_Output], key: bytes, accept: _Accept[_Output]) -> None:
        self._in_flight = in_flight
        self._key = key
        self._accept = accept
        self._is_held = False

    def __enter__(self) -> bool:
        in_flight, locks, key = self._in_flight, self._in_flight._locks, self._key
        self._is_held = locks.claim(key)
        if not locks.is_shared or key in in_flight._overdue:
            return True
        if not self._is_held:
            return False
        try:
            # Another process may have stored the answer since it was looked up.
            is_open = in_flight._lookup(key, self._accept) is None
        except BaseException:
            self._release()
            raise
        if not is_open:
            self._release()
        return is_open

    def __exit__(self, *exc_info: object) -> None:
        self._release()

    def _release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._in_flight._locks.release(self._key)

    async def wait(self, stopped: Callable[[], bool]) -> _Output | None:
        """Waits for the answer that another process asks for.

        Args:
            stopped: Whether the run is being stopped.

        Returns:
            The answer; None if the question must be asked after all, because the other process
            gave up, has ended, or takes too long.
        """
        in_flight, locks, key = self._in_flight, self._in_flight._locks, self._key
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        pause = FIRST_LOOK
        while (output := in_flight._lookup(key, self._accept)) is None and not stopped():
            if locks.claim(key):
                locks.release(key)
                # The answer may have been stored between the lookup and the claim.
                return in_flight._lookup(key, self._accept)
            if loop.time() > deadline:
                in_flight._overdue.add(key)
                return None
            if not in_flight._is_logged:
                in_flight._is_logged = True
                _log.info(
                    "%s: another run asks some of the same questions; waiting for its answers",
                    in_flight._step,
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_LOOK)
        return output


class Unshared(nullcontext[bool]):
    """Takes the place of a claim where no other process can have the answer."""

    async def wait(self, stopped: Callable[[], bool]) -> Any:
        """Never called: the question must always be asked."""
        raise AssertionError
