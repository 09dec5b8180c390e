"""Worker processes on this machine, for steps with replicas: started, fed and ended from here."""

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

from distilabel._engine.calling.execution_mode import ExecutionMode, execution_mode
from distilabel._engine.workers.backend import WorkerDied, WorkerTimeout
from distilabel._engine.workers.import_guard import NO_GUARD, WORKER, missing_guard_message
from distilabel._engine.workers.model_workers import asks_through_engine, has_servers
from distilabel._engine.workers.pickling import pickle_step
from distilabel._engine.workers.process_main import run_worker
from distilabel._engine.workers.protocol import Message
from distilabel.errors import DistilabelUserError
from distilabel.models.servers.managed import ManagedServers
from distilabel.steps.base import _Step

_POLL_SECONDS: Final = 1.0
# How long a process that was asked to end may take before it is killed.
_END_SECONDS: Final = 2.0

_alive: WeakSet[WorkerProcess] = WeakSet()


class ProcessBackend:
    """Runs the workers of a pipeline as processes on this machine."""

    def open(self) -> None:
        """Does nothing: processes need no preparation."""

    def prepare(self, pipeline: str, step: _Step) -> None:
        """Lets the models of a step start their servers on this machine."""
        for llm in step._all_models():
            if isinstance(llm, ManagedServers):
                llm._server_host = None

    def count(self, step: _Step) -> tuple[int, str]:
        """Gives a plain step as many processes as it asks for, if that is more than one."""
        replicas = step.resources.replicas or 1
        if replicas == 1 or has_servers(step):
            return 0, ""
        if not step.is_normal:
            return 0, "only steps that receive their rows in batches can have replicas"
        reason = reason_to_stay(step)
        return (0, reason) if reason else (replicas, "")

    def check(self, step: _Step) -> None:
        """Checks that a step with replicas can be pickled."""
        if self.count(step)[0]:
            self.pickle_step(step)

    def pickle_step(self, step: _Step) -> bytes:
        """Pickles the step."""
        return pickle_step(step)

    def start_worker(self, pipeline: str, step: _Step, number: int) -> WorkerProcess:
        """Starts a process."""
        return WorkerProcess(str(step.name))


def reason_to_stay(step: _Step) -> str:
    """Returns why a step should run in the main process; empty if it may run in workers."""
    if asks_through_engine(step):
        return "its requests are already sent concurrently from one process"
    if execution_mode(step) is ExecutionMode.MAP_ROWS:
        return "sending its rows to another process would take longer than processing them"
    return ""


class WorkerProcess:
    """A worker process; see `WorkerHandle`.

    Args:
        name: Name of the step.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        context = multiprocessing.get_context("spawn")
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        # Not a daemon process: those cannot have children, and a step may start some.
        self._process = context.Process(target=run_worker, args=(theirs,), name=f"{WORKER}-{name}")
        with _interrupts_blocked():
            self._process.start()
        _alive.add(self)
        theirs.close()

    def send(self, message: bytes) -> None:
        """Sends a message without waiting for the response."""
        # If the process has ended, receiving reports how.
        with contextlib.suppress(OSError):
            self._connection.send_bytes(message)

    def wait_until_placed(self, seconds: float) -> bool:
        """Returns True: a process runs as soon as it is started."""
        return True

    def wait_until_loaded(self) -> str | None:
        """Waits for the response to the assignment.

        Raises:
            DistilabelUserError: Importing the program would run the pipeline again.
        """
        digest: str | None = self._receive()
        return digest

    def run(self, batch: bytes, seconds: float | None = None) -> Any:
        """Processes a batch."""
        self.send(batch)
        return self._receive(seconds)

    def wait_until_unloaded(self) -> None:
        """Waits for the response to `END` and for the end of the process."""
        try:
            self._receive()
            self._process.join(_END_SECONDS)
        finally:
            self.terminate()

    def terminate(self) -> None:
        """Ends the process, whatever it is doing, and waits for its end."""
        for end in (self._process.terminate, self._process.kill):
            if self._process.is_alive():
                end()
                self._process.join(_END_SECONDS)
        _alive.discard(self)

    def kill(self) -> None:
        """Kills the process at once, without waiting."""
        self._process.kill()

    # -- receiving --------------------------------------------------------------------------

    def _receive(self, seconds: float | None = None) -> Any:
        """Returns the next response; log records before it are logged."""
        until = time.monotonic() + (math.inf if seconds is None else seconds)
        while not (message := self._next_message(until)).is_response:
            pass
        return message.value

    def _next_message(self, until: float) -> Message:
        # Children of the process may keep its pipes open, so its state is polled as well.
        while not wait([self._connection, self._process.sentinel], _poll_seconds(until)):
            if not self._process.is_alive():
                break
            if time.monotonic() >= until:
                self.terminate()
                raise WorkerTimeout
        data = b""
        with contextlib.suppress(EOFError, OSError):
            if self._connection.poll():
                data = self._connection.recv_bytes()
        if not data:
            raise self._death()
        return Message(data)

    def _death(self) -> Exception:
        self._process.join(_END_SECONDS)
        status = self._process.exitcode
        if status == NO_GUARD:
            return DistilabelUserError(missing_guard_message())
        if status is None:
            how = "stopped responding"
        elif status == -9:
            how = "was killed (signal 9), probably out of memory"
        elif status < 0:
            how = f"was killed (signal {-status})"
        else:
            how = f"exited with status {status}"
        return WorkerDied(f"the worker process {how}")


def _poll_seconds(until: float) -> float:
    return max(0.0, min(_POLL_SECONDS, until - time.monotonic()))


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Blocks Ctrl-C for a process that starts meanwhile, until it ignores the signal itself."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Started inside the block, the tracker would inherit an unblocked mask.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _kill_all() -> None:
    """Kills all workers at exit, before `multiprocessing` would wait for them."""
    for worker in list(_alive):
        worker.kill()


atexit.register(_kill_all)
