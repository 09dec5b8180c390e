"""The events of a run as lines of JSON, for programs; a reader of the stream that holds up nobody.

Words of endpoints, models and steps may hold parts of a question or an answer: the log has them.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from distilabel._core.events import Event, RowFailed, RunFinished

# Files of the runs before this one.
_KEPT: Final = 4
_EVERY_SECONDS: Final = 0.5
_BLOCK: Final = 500
# Events that may wait for a slow disk; what comes beyond them is counted, not kept.
_MOST_WAITING: Final = 200_000
_LAST_SECONDS: Final = 5.0
_WORDS: Final = frozenset({"reason", "error"})
_LINE: Final = orjson.OPT_APPEND_NEWLINE

_log = logging.getLogger("distilabel.pipeline")


class EventFile:
    """Writes events to a file, in a thread of its own.

    Args:
        path: of the file; the one that stands there goes to `events.1.jsonl`, that to
            `events.2.jsonl`, and so on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: deque[tuple[float, Event]] = deque()
        self._lost = 0
        self._over = threading.Event()
        self._names: dict[type[Event], list[str]] = {}
        self._thread = threading.Thread(target=self._run, name="distilabel-events", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Takes one event; it is written soon."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append((time.time(), event))
        else:
            self._lost += 1

    def close(self) -> None:
        """Writes what waits; a disk that hangs is not waited for."""
        self._over.set()
        self._thread.join(_LAST_SECONDS)

    # -- the writing thread -----------------------------------------------------------------

    def _run(self) -> None:
        try:
            _move_on(self._path)
            with open(self._path, "ab") as file:
                while not self._over.wait(_EVERY_SECONDS):
                    self._write_waiting(file)
                self._write_waiting(file)
        except OSError as error:
            _log.warning("the events of this run are not written any more: %s", error)
            while not self._over.wait(_EVERY_SECONDS):
                self._waiting.clear()

    def _write_waiting(self, file: BinaryIO) -> None:
        take = self._waiting.popleft
        left = len(self._waiting)
        while left:
            count = min(_BLOCK, left)
            file.write(b"".join([self._line(*take()) for _ in range(count)]))
            left -= count
        if self._lost:
            lost, self._lost = self._lost, 0
            file.write(orjson.dumps(_named(time.time(), "EventsLost", count=lost), option=_LINE))
        file.flush()

    def _line(self, moment: float, event: Event) -> bytes:
        kind = type(event)
        names = self._names.get(kind)
        if names is None:
            names = [field.name for field in fields(kind) if field.name not in _WORDS]
            self._names[kind] = names
        line = _named(moment, kind.__name__)
        for name in names:
            line[name] = getattr(event, name)
        if isinstance(event, RowFailed):
            line |= {name: event.error.get(name) for name in ("type", "attempts")}
        elif isinstance(event, RunFinished):
            line["failed"] = bool(event.error)
        return orjson.dumps(line, default=_only_its_type, option=_LINE)


def _named(moment: float, name: str, **more: Any) -> dict[str, Any]:
    return {"time": moment, "event": name, **more}


def _only_its_type(value: Any) -> str:
    return type(value).__name__


def _move_on(path: Path) -> None:
    """Makes room for a new file: each older one gets the next number, the oldest goes."""
    older = [path.with_suffix(f".{number}{path.suffix}") for number in range(1, _KEPT + 1)]
    for before, after in reversed(list(zip([path, *older], older, strict=False))):
        # Another run of the same pipeline may do the same at the same moment.
        with contextlib.suppress(FileNotFoundError):
            before.replace(after)
