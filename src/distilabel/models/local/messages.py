"""The messages between a model and the process of its engine, and how they are framed.

Both directions are a stream of pickled tuples, each after its length. The first item of a tuple is
its kind:

- to the process: `START` (factory, settings, subject), `ASK` (a list of questions, each a number, a
  method and a payload), `CANCEL` (number);
- from the process: `STARTED` (facts), `NOTE` (name, value), `ANSWER` (number, value), `ERROR`
  (number, kind, text, traceback). An error that keeps the engine from starting has the number 0.
"""

from __future__ import annotations

import pickle
import struct
import threading
from dataclasses import dataclass, field
from typing import IO, Any, Final

START: Final = "start"
ASK: Final = "ask"
CANCEL: Final = "cancel"
STARTED: Final = "started"
NOTE: Final = "note"
ANSWER: Final = "answer"
ERROR: Final = "error"

# Kinds of errors.
USER: Final = "user"  # something the user can change
IMPORT: Final = "import"  # a missing package
QUESTION: Final = "question"  # this question cannot be answered

_LENGTH: Final = struct.Struct("!Q")


@dataclass(frozen=True)
class EngineSpec:
    """What is needed to start an engine.

    Attributes:
        factory: Where the engine's class is, as `package.module:Class`.
        settings: Arguments of the class.
        subject: Class and name of the model, for messages.
        environment: Environment variables that the process gets in addition.
    """

    factory: str
    settings: dict[str, Any]
    subject: str
    environment: dict[str, str] = field(default_factory=dict)


class MessageWriter:
    """Writes messages to a stream, from any thread.

    Args:
        stream: Binary stream.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, *message: Any) -> None:
        """Writes one message.

        Args:
            message: Its kind, then its content.

        Raises:
            OSError: The other process is gone.
        """
        data = pickle.dumps(message, protocol=5)
        with self._lock:
            self._stream.write(_LENGTH.pack(len(data)))
            self._stream.write(data)
            self._stream.flush()


def read_message(stream: IO[bytes]) -> tuple[Any, ...] | None:
    """Reads one message; None if the other process is gone.

    Args:
        stream: Binary stream.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        return None
    message: tuple[Any, ...] = pickle.loads(data)
    return message
