"""What a worker process does: loads its step, works on the batches it is sent, and ends.

It ends with whoever started it, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from multiprocessing.connection import Connection, wait
from typing import Final

from distilabel._engine.workers.protocol import END, JobServer

_LOOK_SECONDS: Final = 1.0


def work(connection: Connection) -> None:
    """Runs a step until there is no more to do.

    Args:
        connection: gives an `Assignment`, then batches, then None; takes what comes of them.
    """
    _leave_interrupts_to_the_parent()
    threading.Thread(target=_end_with_the_parent, name="distilabel-watch", daemon=True).start()
    voice = _Voice(connection)
    try:
        served = JobServer(pickle.loads(connection.recv_bytes()), voice.say)
        voice.say(served.load())
        if not served.is_loaded:
            return
        while (data := connection.recv_bytes()) != END:
            voice.say(served.make(data))
        voice.say(served.unload())
    except (EOFError, OSError):
        # Nobody is left to work for. Threads of the step are not to hold up the end.
        os._exit(1)


class _Voice:
    """Says things to the parent, one at a time.

    Args:
        connection: to the parent.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def say(self, data: bytes) -> None:
        """Sends a message."""
        with self._lock:
            self._connection.send_bytes(data)


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
