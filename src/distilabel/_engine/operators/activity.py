"""Counts the work that is running, so that waiting rows move when nothing else does."""

from __future__ import annotations

from collections.abc import Callable


class Activity:
    """Number of pieces of work that are running; as a context manager, one of them.

    A `with` block counts as running. `begin` and `end` are for work that begins in one function
    and ends in another.

    Args:
        on_idle: Called whenever the last piece of work ends.

    Attributes:
        paused: Context manager for a wait inside such a block, which does not count as running.
    """

    __slots__ = ("_on_idle", "_running", "paused")

    def __init__(self, on_idle: Callable[[], None]) -> None:
        self._on_idle = on_idle
        self._running = 0
        self.paused = _Paused(self)

    @property
    def idle(self) -> bool:
        """Whether nothing is running; then rows that are held back must move."""
        return self._running == 0

    def begin(self) -> None:
        """Counts one more piece of work."""
        self._running += 1

    def end(self) -> None:
        """Counts one piece of work less."""
        self._running -= 1
        if self._running == 0:
            self._on_idle()

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, *error: object) -> None:
        self.end()


class _Paused:
    __slots__ = ("_activity",)

    def __init__(self, activity: Activity) -> None:
        self._activity = activity

    def __enter__(self) -> None:
        self._activity.end()

    def __exit__(self, *error: object) -> None:
        self._activity.begin()
