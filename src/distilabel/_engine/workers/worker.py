"""One worker process, as the process that started it sees it."""

from __future__ import annotations

import atexit
import contextlib
import math
import multiprocessing
import multiprocessing.util
import signal
import time
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, Final
from weakref import WeakSet

from distilabel._engine.workers.backend import WorkerDied, WorkerTimeout
from distilabel._engine.workers.import_guard import NO_GUARD, WORKER, unguarded
from distilabel._engine.workers.process_main import work
from distilabel._engine.workers.protocol import MessageHandler
from distilabel.errors import DistilabelUserError

_LOOK_SECONDS: Final = 1.0
# For a process that was asked to end, before it is made to.
_END_SECONDS: Final = 2.0

_alive: WeakSet[WorkerProcess] = WeakSet()


class WorkerProcess:
    """Starts a process that runs a step; one batch at a time.

    Args:
        name: of the step.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        context = multiprocessing.get_context("spawn")
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        # Not a daemon process: those may not start processes of their own, and a step may.
        self._process = context.Process(target=work, args=(theirs,), name=f"{WORKER}-{name}")
        with _interrupts_held_back():
            self._process.start()
        _alive.add(self)
        theirs.close()

    def begin(self, what: bytes) -> None:
        """Says what is to be done; what comes of it is waited for with another method.

        Args:
            what: an `Assignment`, pickled, or `END`.
        """
        # If the process has ended, listening to it tells how.
        with contextlib.suppress(OSError):
            self._connection.send_bytes(what)

    def has_begun(self, seconds: float) -> bool:
        """Whether it works: there is always a place for a process."""
        return True

    def wait_until_loaded(self) -> str | None:
        """Waits until the step is loaded there; `begin` comes before.

        Returns:
            The digest of its configuration then; None if it has none.

        Raises:
            DistilabelUserError: the process cannot import the program.
            WorkerDied: the process ended.
            Exception: what loading the step raised.
        """
        digest: str | None = self._listen()
        return digest

    def run(self, batch: bytes, seconds: float | None = None) -> Any:
        """Works on a batch.

        Args:
            batch: its rows, pickled.
            seconds: that it may take; None is no limit.

        Returns:
            What the process has made of it.

        Raises:
            WorkerDied: the process ended.
            TookTooLong: it took longer, and the process was ended for it.
            Exception: what the step raised.
        """
        self.begin(batch)
        return self._listen(seconds)

    def wait_until_unloaded(self) -> None:
        """Waits until the step is unloaded and the process has ended; `begin(END)` comes before.

        Raises:
            WorkerDied: the process ended before.
            Exception: what unloading the step raised.
        """
        try:
            self._listen()
            self._process.join(_END_SECONDS)
        finally:
            self.end()

    def end(self) -> None:
        """Ends the process, whatever it does; returns when it has ended."""
        for end in (self._process.terminate, self._process.kill):
            if self._process.is_alive():
                end()
                self._process.join(_END_SECONDS)
        _alive.discard(self)

    def kill(self) -> None:
        """Kills the process at once, and does not wait for it."""
        self._process.kill()

    # -- talking ----------------------------------------------------------------------------

    def _listen(self, seconds: float | None = None) -> Any:
        """What the process says next, besides what is for the log."""
        until = time.monotonic() + (math.inf if seconds is None else seconds)
        while not (heard := self._heard(until)).is_answer:
            pass
        return heard.what

    def _heard(self, until: float) -> MessageHandler:
        """The next thing the process says."""
        # Processes that it has started may hold its pipes open: then looking tells.
        while not wait([self._connection, self._process.sentinel], _look_for(until)):
            if not self._process.is_alive():
                break
            if time.monotonic() >= until:
                self.end()
                raise WorkerTimeout
        said = b""
        with contextlib.suppress(EOFError, OSError):
            if self._connection.poll():
                said = self._connection.recv_bytes()
        if not said:
            raise self._died()
        return MessageHandler(said)

    def _died(self) -> Exception:
        self._process.join(_END_SECONDS)
        status = self._process.exitcode
        if status == NO_GUARD:
            return DistilabelUserError(unguarded())
        if status is None:
            how = "does not answer any more"
        elif status == -9:
            how = "was killed (signal 9): out of memory?"
        elif status < 0:
            how = f"was killed (signal {-status})"
        else:
            how = f"ended by itself (exit status {status})"
        return WorkerDied(f"the worker process {how}")


def _look_for(until: float) -> float:
    return max(0.0, min(_LOOK_SECONDS, until - time.monotonic()))


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Has a process that is started meanwhile not hear of Ctrl-C before it can leave it to us."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Started on the way, it would let them through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _kill_all() -> None:
    """At the end of the program, before it would wait for its processes."""
    for worker in list(_alive):
        worker.kill()


atexit.register(_kill_all)
