"""Hands events to an observer in a thread, so that slow disks and networks do not delay the run."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from contextlib import AbstractContextManager
from typing import Final, Protocol

from distilabel._core.events import Event

Moment = tuple[float, Event]

_INTERVAL_SECONDS: Final = 0.5
_BLOCK: Final = 500
# Events that can wait for a slow observer. Further ones are dropped and counted.
_MAX_WAITING: Final = 200_000

_log = logging.getLogger("distilabel.pipeline")


class Observer(Protocol):
    """Receives events in blocks of some hundred."""

    def take(self, moments: list[Moment], lost: int) -> None:
        """Receives events, each with its time, and the number of events that were dropped."""


class BackgroundObserver:
    """A listener that hands events to an observer in a thread; its errors do not end the run.

    Args:
        observer: Context manager of the observer, entered and exited in the thread.
        name: What the observer writes, for log messages.
        seconds: Maximum time that `close` waits for the observer.
    """

    def __init__(
        self, observer: AbstractContextManager[Observer], name: str, seconds: float
    ) -> None:
        self._observer = observer
        self._name = name
        self._seconds = seconds
        self._waiting: deque[Moment] = deque()
        self._lost = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"distilabel-{name}", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Queues one event."""
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.append((time.time(), event))
        else:
            self._lost += 1

    def close(self) -> None:
        """Hands over the queued events and ends the thread; leaves an observer that hangs."""
        self._closed.set()
        self._thread.join(self._seconds)

    def _run(self) -> None:
        try:
            with self._observer as observer:
                while not self._closed.wait(_INTERVAL_SECONDS):
                    self._flush(observer)
                self._flush(observer)
        except Exception as error:  # noqa: BLE001 (any error of a disk or a network)
            _log.warning(
                "No more %s of this run are written: %s: %s",
                self._name,
                type(error).__name__,
                error,
            )
            while not self._closed.wait(_INTERVAL_SECONDS):
                self._waiting.clear()

    def _flush(self, observer: Observer) -> None:
        take = self._waiting.popleft
        left = len(self._waiting)
        while left:
            count = min(_BLOCK, left)
            observer.take([take() for _ in range(count)], 0)
            left -= count
        if self._lost:
            lost, self._lost = self._lost, 0
            observer.take([], lost)
