"""The state of one run: running, draining or stopped, and why."""

from __future__ import annotations

import threading
from enum import Enum


class Phase(Enum):
    """How far a run is; it only moves forward.

    Attributes:
        RUNNING: Rows are read and requests are sent.
        DRAINING: Nothing new starts; what is in flight finishes and is stored.
        STOPPED: Nothing goes on.
    """

    RUNNING = "running"
    DRAINING = "draining"
    STOPPED = "stopped"


class RunState:
    """Whether a run goes on, and why not: the one object that every part of the engine reads.

    A run drains because all rows are there, because the user or the budget interrupts it, because
    something failed, or because the rest waits for batch jobs of a later run.

    The thread of the run moves the phase. `interrupt` and `wait_until_stopped` may be called from
    any thread.

    Attributes:
        is_running: Whether new rows may be read and new requests sent; read for every row.
        reason: What interrupted the run, as `RunStopping` reports it; empty if nothing did.
        failure: What made the run fail; None if nothing did.
    """

    def __init__(self) -> None:
        self.is_running = True
        self.reason = ""
        self.failure: BaseException | None = None
        self._stopped = threading.Event()

    @property
    def phase(self) -> Phase:
        """How far the run is."""
        if self.is_running:
            return Phase.RUNNING
        return Phase.STOPPED if self._stopped.is_set() else Phase.DRAINING

    @property
    def is_interrupted(self) -> bool:
        """Whether the user or the budget ended the run, so that another run may go on."""
        return bool(self.reason)

    def interrupt(self, reason: str) -> None:
        """Records why the run is to end early; the thread of the run then drains it.

        Args:
            reason: What interrupts the run; the last reason counts.
        """
        self.reason = reason

    def drain(self, error: BaseException | None = None) -> bool:
        """Moves from running to draining.

        Args:
            error: What made the run fail; None if nothing did.

        Returns:
            Whether the run was running; if not, nothing changes.
        """
        if not self.is_running:
            return False
        self.failure = error
        self.is_running = False
        return True

    def stop(self, error: BaseException | None = None) -> None:
        """Ends the run.

        Args:
            error: What ended it; None if it ended by itself.
        """
        if error is not None:
            self.failure = error
        self.is_running = False
        self._stopped.set()

    def wait_until_stopped(self, seconds: float) -> bool:
        """Waits until the run has ended.

        Args:
            seconds: How long to wait at most.

        Returns:
            Whether it has ended.
        """
        return self._stopped.wait(seconds)
