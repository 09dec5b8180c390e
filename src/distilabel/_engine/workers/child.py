"""What a worker process does: loads its step, works on the batches it is sent, and ends.

It ends with whoever started it, however that ends.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import threading
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from distilabel._engine.makeup import configured, state_of
from distilabel._engine.running import run_step
from distilabel._engine.workers.guard import no_runs
from distilabel._engine.workers.packing import packed_error

# What is sent when there is no more to do.
END: Final = pickle.dumps(None)
_LOOK_SECONDS: Final = 1.0
_PLAIN: Final = (bool, int, float, str)


@dataclass
class Assignment:
    """What a worker process is to do.

    Attributes:
        step: the step, packed.
        level: of the log.
        environment: variables that are set.
    """

    step: bytes
    level: int
    environment: dict[str, str] = field(default_factory=dict)


def work(connection: Connection) -> None:
    """Runs a step until there is no more to do.

    Args:
        connection: gives an `Assignment`, then batches, then None; takes what comes of them.
    """
    _leave_interrupts_to_the_parent()
    threading.Thread(target=_end_with_the_parent, name="distilabel-watch", daemon=True).start()
    voice = _Voice(connection)
    try:
        assignment: Assignment = pickle.loads(connection.recv_bytes())
        os.environ.update(assignment.environment)
        root = logging.getLogger("distilabel")
        root.setLevel(assignment.level)
        root.addHandler(_Forwarding(voice))
        # Nobody listens further up in this process.
        root.propagate = False
        _serve(connection, voice, assignment)
    except (EOFError, OSError):
        # Nobody is left to work for. Threads of the step are not to hold up the end.
        os._exit(1)


def _serve(connection: Connection, voice: _Voice, assignment: Assignment) -> None:
    try:
        with no_runs():
            step = pickle.loads(assignment.step)
        step.load()
    except BaseException as error:  # noqa: BLE001 (told to the parent, whatever it is)
        voice.tell("failed", packed_error(error))
        return
    voice.tell("loaded", _digest_of(step))
    while (data := connection.recv_bytes()) != END:
        voice.say(_made(step, data))
    try:
        step.unload()
    except BaseException as error:  # noqa: BLE001 (the rows are made)
        voice.tell("failed", packed_error(error))
    else:
        voice.tell("unloaded", None)


def _digest_of(step: Any) -> str | None:
    """Of its configuration, once it is loaded; None if that has no digest."""
    try:
        return configured(step)
    except TypeError:
        return None


def _made(step: Any, data: bytes) -> bytes:
    """What becomes of a batch, as a message."""
    try:
        batch = pickle.loads(data)
        before = state_of(step)
        rows, places = run_step(step, batch)
        return pickle.dumps(("made", (rows, places, state_of(step) != before)))
    except BaseException as error:  # noqa: BLE001 (the rows fail, the run goes on)
        return pickle.dumps(("failed", packed_error(error)))


class _Voice:
    """Says things to the parent, one at a time.

    Args:
        connection: to the parent.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def tell(self, kind: str, what: Any) -> None:
        """Sends a word and what belongs to it."""
        self.say(pickle.dumps((kind, what)))

    def say(self, data: bytes) -> None:
        """Sends a message."""
        with self._lock:
            self._connection.send_bytes(data)


class _Forwarding(logging.Handler):
    """Sends what is logged to the log of the run.

    Args:
        voice: says it.
    """

    def __init__(self, voice: _Voice) -> None:
        super().__init__()
        self._voice = voice
        self._texts = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Sends a record as text: what is in it may have no form as bytes."""
        try:
            data = dict(vars(record), msg=record.getMessage(), args=None, exc_info=None)
            if record.exc_info:
                data["exc_text"] = self._texts.formatException(record.exc_info)
            plain = {k: v for k, v in data.items() if v is None or isinstance(v, _PLAIN)}
            self._voice.tell("log", plain)
        except Exception:  # noqa: BLE001 (a line of the log is not worth the row)
            self.handleError(record)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        # Held back by the parent until here; what the step starts is not to inherit that.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    # Others may hold the pipe that tells of its end: then its number does.
    while not wait([parent.sentinel], _LOOK_SECONDS) and os.getppid() == parent.pid:
        pass
    os._exit(1)
