"""A thread for readers of the events that take their time: disks and networks hold up no run."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from contextlib import AbstractContextManager
from typing import Final, Protocol

from distilabel._core.events import Event

Moment = tuple[float, Event]

_EVERY_SECONDS: Final = 0.5
_BLOCK: Final = 500
# Events that may wait for a slow reader; what comes beyond them is counted, not kept.
_MOST_WAITING: Final = 200_000

_log = logging.getLogger("distilabel.pipeline")


class Observer(Protocol):
    """Takes events, some hundred at a time."""

    def take(self, moments: list[Moment], lost: int) -> None:
        """Takes events with the time of each, and how many there were that it does not get."""


class BackgroundObserver:
    """Hands events to a reader, in a thread of its own. What the reader raises ends only itself.

    Args:
        reader: gives what takes the events, which is entered and left in that thread too.
        name: what it makes of them, for people.
        seconds: that the end of the run waits for it at most.
    """

    def __init__(self, reader: AbstractContextManager[Observer], name: str, seconds: float) -> None:
        self._reader = reader
        self._name = name
        self._seconds = seconds
        self._waiting: deque[Moment] = deque()
        self._lost = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"distilabel-{name}", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Takes one event; it is handed on soon."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append((time.time(), event))
        else:
            self._lost += 1

    def close(self) -> None:
        """Hands on what waits; a reader that hangs is not waited for."""
        self._over.set()
        self._thread.join(self._seconds)

    def _run(self) -> None:
        try:
            with self._reader as reader:
                while not self._over.wait(_EVERY_SECONDS):
                    self._hand_on(reader)
                self._hand_on(reader)
        except Exception as error:  # noqa: BLE001 (whatever a disk or a network does)
            _log.warning(
                "the %s of this run end here: %s: %s", self._name, type(error).__name__, error
            )
            while not self._over.wait(_EVERY_SECONDS):
                self._waiting.clear()

    def _hand_on(self, reader: Observer) -> None:
        take = self._waiting.popleft
        left = len(self._waiting)
        while left:
            count = min(_BLOCK, left)
            reader.take([take() for _ in range(count)], 0)
            left -= count
        if self._lost:
            lost, self._lost = self._lost, 0
            reader.take([], lost)
