"""A job done for another process: what it is asked and what it says are messages of bytes."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from distilabel._engine.workers.import_guard import no_runs
from distilabel._engine.workers.payloads import WorkerJob
from distilabel._engine.workers.pickling import packed_error, unpacked_error

# What is sent when there is no more to do.
END: Final = pickle.dumps(None)
_PLAIN: Final = (bool, int, float, str)


@dataclass
class Assignment:
    """What a worker is to do.

    Attributes:
        job: what it does, packed.
        level: of the log.
        environment: variables that are set.
    """

    job: bytes
    level: int
    environment: dict[str, str] = field(default_factory=dict)


class JobServer:
    """A job at work, as messages.

    Args:
        assignment: what is to be done.
        say: says a message beside the answers, from whichever thread: what is for the log.
    """

    def __init__(self, assignment: Assignment, say: Callable[[bytes], None]) -> None:
        self._packed = assignment.job
        self._job: WorkerJob | None = None
        os.environ.update(assignment.environment)
        root = logging.getLogger("distilabel")
        root.setLevel(assignment.level)
        root.addHandler(_Forwarding(say))
        # Nobody listens further up in this process.
        root.propagate = False

    @property
    def is_loaded(self) -> bool:
        """Whether there is something to give batches to."""
        return self._job is not None

    def load(self) -> bytes:
        """Loads the job."""
        try:
            with no_runs():
                job: WorkerJob = pickle.loads(self._packed)
            job.load()
            described = job.described()
        except BaseException as error:  # noqa: BLE001 (told to the other process, whatever it is)
            return _message("failed", packed_error(error))
        self._job = job
        return _message("loaded", described)

    def make(self, data: bytes) -> bytes:
        """Works on a batch.

        Args:
            data: it, pickled.
        """
        assert self._job is not None
        try:
            made = self._job.do(pickle.loads(data))
        except BaseException as error:  # noqa: BLE001 (the rows fail, the run goes on)
            return _message("failed", packed_error(error))
        try:
            return _message("made", made)
        except Exception as error:  # noqa: BLE001 (whatever pickling it raises)
            words = f"its rows cannot be sent from the worker process (they are pickled): {error}"
            return _message("failed", packed_error(TypeError(words)))

    def unload(self) -> bytes:
        """Unloads the job."""
        assert self._job is not None
        try:
            self._job.unload()
        except BaseException as error:  # noqa: BLE001 (the rows are made)
            return _message("failed", packed_error(error))
        return _message("unloaded", None)


class MessageHandler:
    """What a message says, to whoever has asked.

    Args:
        data: the message.

    Attributes:
        is_answer: whether it answers; else it was for the log, which has it now.
        what: the answer.

    Raises:
        Exception: what the step raised.
    """

    def __init__(self, data: bytes) -> None:
        kind, self.what = pickle.loads(data)
        self.is_answer = kind != "log"
        if kind == "log":
            record = logging.makeLogRecord(self.what)
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)
        elif kind == "failed":
            raise unpacked_error(self.what)


def _message(kind: str, what: Any) -> bytes:
    return pickle.dumps((kind, what))


class _Forwarding(logging.Handler):
    """Sends what is logged to the log of the run.

    Args:
        say: says a message.
    """

    def __init__(self, say: Callable[[bytes], None]) -> None:
        super().__init__()
        self._say = say
        self._texts = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Sends a record as text: what is in it may have no form as bytes."""
        try:
            data = dict(vars(record), msg=record.getMessage(), args=None, exc_info=None)
            if record.exc_info:
                data["exc_text"] = self._texts.formatException(record.exc_info)
            plain = {k: v for k, v in data.items() if v is None or isinstance(v, _PLAIN)}
            self._say(_message("log", plain))
        except Exception:  # noqa: BLE001 (a line of the log is not worth the row)
            self.handleError(record)
