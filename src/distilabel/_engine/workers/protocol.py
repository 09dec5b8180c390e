"""The messages between a pool and its workers: pickled bytes, whatever carries them.

Knows neither processes nor actors.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from distilabel._engine.workers.import_guard import runs_refused
from distilabel._engine.workers.payloads import WorkerJob
from distilabel._engine.workers.pickling import pickle_error, unpickle_error

# Sent to a worker that has no more batches to process.
END: Final = pickle.dumps(None)
_PLAIN: Final = (bool, int, float, str)


@dataclass
class Assignment:
    """The first message to a worker.

    Attributes:
        job: The pickled `WorkerJob`.
        level: Log level of the run.
        environment: Environment variables to set.
    """

    job: bytes
    level: int
    environment: dict[str, str] = field(default_factory=dict)


class JobServer:
    """Runs a job inside a worker and turns results and errors into response messages.

    Args:
        assignment: The job and its settings.
        send_log: Sends a log message to the pool; called from any thread.
    """

    def __init__(self, assignment: Assignment, send_log: Callable[[bytes], None]) -> None:
        self._pickled = assignment.job
        self._job: WorkerJob | None = None
        os.environ.update(assignment.environment)
        root = logging.getLogger("distilabel")
        root.setLevel(assignment.level)
        root.addHandler(_LogForwarder(send_log))
        # The root logger of a worker process has no handlers of the user's.
        root.propagate = False

    @property
    def is_loaded(self) -> bool:
        """Whether the job was loaded and can run batches."""
        return self._job is not None

    def load(self) -> bytes:
        """Unpickles and loads the job."""
        try:
            with runs_refused():
                job: WorkerJob = pickle.loads(self._pickled)
            job.load()
            digest = job.digest()
        except BaseException as error:  # noqa: BLE001 (sent to the pool, whatever it is)
            return _message("failed", pickle_error(error))
        self._job = job
        return _message("loaded", digest)

    def run(self, data: bytes) -> bytes:
        """Runs the job on a batch.

        Args:
            data: The pickled batch.
        """
        assert self._job is not None
        try:
            result = self._job.run(pickle.loads(data))
        except BaseException as error:  # noqa: BLE001 (the rows fail, the run goes on)
            return _message("failed", pickle_error(error))
        try:
            return _message("result", result)
        except Exception as error:  # noqa: BLE001 (pickling user objects raises anything)
            words = f"its rows cannot be sent from the worker process (they are pickled): {error}"
            return _message("failed", pickle_error(TypeError(words)))

    def unload(self) -> bytes:
        """Unloads the job."""
        assert self._job is not None
        try:
            self._job.unload()
        except BaseException as error:  # noqa: BLE001 (every batch is processed by now)
            return _message("failed", pickle_error(error))
        return _message("unloaded", None)


class Message:
    """A message from a worker. Log records are logged at once.

    Args:
        data: The message.

    Attributes:
        is_response: True if it answers a request; False if it was a log record.
        value: The response.

    Raises:
        Exception: What the step raised, if the message reports a failure.
    """

    def __init__(self, data: bytes) -> None:
        kind, self.value = pickle.loads(data)
        self.is_response = kind != "log"
        if kind == "log":
            record = logging.makeLogRecord(self.value)
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)
        elif kind == "failed":
            raise unpickle_error(self.value)


def _message(kind: str, value: Any) -> bytes:
    return pickle.dumps((kind, value))


class _LogForwarder(logging.Handler):
    """Sends log records to the pool.

    Args:
        send: Sends a message.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        super().__init__()
        self._send = send
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Sends a record with its message as text: its arguments may not be picklable."""
        try:
            data = dict(vars(record), msg=record.getMessage(), args=None, exc_info=None)
            if record.exc_info:
                data["exc_text"] = self._formatter.formatException(record.exc_info)
            plain = {k: v for k, v in data.items() if v is None or isinstance(v, _PLAIN)}
            self._send(_message("log", plain))
        except Exception:  # noqa: BLE001 (a lost log line must not fail the row)
            self.handleError(record)
