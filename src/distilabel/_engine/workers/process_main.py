"""The main loop of a worker process: load a job, process batches, unload, exit.

The process exits when its parent ends, however the parent ends.
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

_POLL_SECONDS: Final = 1.0


def run_worker(connection: Connection) -> None:
    """Processes messages from the parent until it sends `END`.

    Args:
        connection: Receives a pickled `Assignment`, then batches, then `END`; sends the responses.
    """
    _leave_interrupts_to_the_parent()
    threading.Thread(target=_exit_with_the_parent, name="distilabel-watch", daemon=True).start()
    sender = _Sender(connection)
    try:
        server = JobServer(pickle.loads(connection.recv_bytes()), sender.send)
        sender.send(server.load())
        if not server.is_loaded:
            return
        while (data := connection.recv_bytes()) != END:
            sender.send(server.run(data))
        sender.send(server.unload())
    except (EOFError, OSError):
        # The parent is gone. Threads of the step must not delay the exit.
        os._exit(1)


class _Sender:
    """Sends messages to the parent, one at a time, from any thread.

    Args:
        connection: To the parent.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        """Sends a message."""
        with self._lock:
            self._connection.send_bytes(data)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        # The parent blocked the signal until here; children of this process must not inherit that.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _exit_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    # Another process may keep the sentinel pipe open; a changed parent PID shows the end as well.
    while not wait([parent.sentinel], _POLL_SECONDS) and os.getppid() == parent.pid:
        pass
    os._exit(1)
