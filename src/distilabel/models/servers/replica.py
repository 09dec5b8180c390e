"""`Replica`: keeps one server running; starts it again after a crash."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final

from distilabel.models.servers.host import (
    Address,
    RunningServer,
    ServerFailed,
    StartCanceled,
)
from distilabel.models.servers.spec import ServerSpec

# Ends of a server that follow each other without an answer in between, after which it is given up.
_MOST_ENDS: Final = 3
# Seconds for which a server that refused a connection is asked last.
_SHUNNED_SECONDS: Final = 1.0

_log = logging.getLogger("distilabel.llm")


class State(Enum):
    """Whether a replica can be asked."""

    STARTING = "starting"
    UP = "up"
    FAILED = "failed"
    STOPPED = "stopped"


class Replica:
    """Keeps one server running, in a thread of its own.

    Args:
        spec: What the server is started with.
        number: Index of the replica.
        place: Makes a server that is not started yet.
        changed: Called after every change of the state, from the thread.

    Attributes:
        state: Whether it can be asked.
        address: Where it is asked while it is up.
        failure: Why it failed, once it has.
        in_flight: Requests that it has not answered yet.
        answered: Requests that it has answered.
    """

    def __init__(
        self,
        spec: ServerSpec,
        number: int,
        place: Callable[[], RunningServer],
        changed: Callable[[], None],
    ) -> None:
        self.state = State.STARTING
        self.address: Address | None = None
        self.failure = ""
        self.in_flight = 0
        self.answered = 0
        self._name = f"{spec.engine.name}: server {number} for {spec.model}"
        self._place = place
        self._changed = changed
        self._server: RunningServer | None = None
        self._canceled = threading.Event()
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._shunned_until = 0.0
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    @property
    def load(self) -> tuple[bool, int]:
        """Order in which replicas are asked: the one with the fewest requests in flight first."""
        return time.monotonic() < self._shunned_until, self.in_flight

    def shun(self) -> None:
        """Asks other replicas first for a moment, because a connection failed.

        A server that has ended fails fast, so that it would always have the fewest requests.
        """
        self._shunned_until = time.monotonic() + _SHUNNED_SECONDS

    @contextlib.contextmanager
    def asking(self, task: asyncio.Task[Any]) -> Iterator[None]:
        """Counts a request; cancels it if the server ends before the block does.

        Args:
            task: Task that sends the request.
        """
        with self._lock:
            self.in_flight += 1
            self._tasks.add(task)
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1
                self._tasks.discard(task)

    def cancel(self) -> None:
        """Ends the server soon, without waiting."""
        self._canceled.set()

    def stop(self) -> None:
        """Ends the server and waits for its end."""
        self._canceled.set()
        server = self._server
        if server is not None:
            server.stop()
        self._thread.join()

    def _run(self) -> None:
        ends = 0
        while True:
            answered = self.answered
            try:
                server = self._server = self._place()
                self.address = server.start(self._canceled.is_set)
            except StartCanceled:
                self._become(State.STOPPED)
                return
            except Exception as error:  # noqa: BLE001 (it is reported where the model is loaded)
                known = isinstance(error, ServerFailed)
                self.failure = str(error) if known else f"{type(error).__name__}: {error}"
                self._become(State.FAILED)
                return
            self._become(State.UP)
            reason = server.wait()
            if self._canceled.is_set():
                self._become(State.STOPPED)
                return
            ends = ends + 1 if self.answered == answered else 1
            if ends >= _MOST_ENDS:
                self.failure = f"{self._name} ended {ends} times without an answer. {reason}"
                self._become(State.FAILED)
                return
            _log.warning(
                "%s has ended and is started again; %d requests in flight are sent again. %s",
                self._name,
                self.in_flight,
                reason,
            )
            self._become(State.STARTING)

    def _become(self, state: State) -> None:
        with self._lock:
            self.state = state
            tasks = [] if state is State.UP else list(self._tasks)
        for task in tasks:
            # Its loop may be closed.
            with contextlib.suppress(RuntimeError):
                task.get_loop().call_soon_threadsafe(task.cancel)
        self._changed()
