"""Writes the events of a run to a JSON Lines file, for programs.

Messages of endpoints, models and steps are not written, because they may quote prompts or answers;
the log has them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from distilabel._core.events import Event, RowFailed, RunFinished
from distilabel._core.private_files import open_private
from distilabel.pipeline.observers.background import Moment

# Number of files of earlier runs to keep.
_OLD_FILES: Final = 4
_MESSAGE_FIELDS: Final = frozenset({"reason", "error"})


@contextmanager
def open_event_file(path: Path) -> Iterator[EventFile]:
    """Opens the file for the events of a run.

    Args:
        path: Path of the file. An existing one becomes `events.1.jsonl`, that one
            `events.2.jsonl`, and so on.
    """
    _rotate(path)
    with open_private(path, "ab") as file:
        yield EventFile(file)


class EventFile:
    """Writes events as lines of JSON.

    Args:
        file: File to write to.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._shapes: dict[type[Event], _Shape] = {}

    def take(self, moments: list[Moment], lost: int) -> None:
        """Writes events, and the number of events that were dropped."""
        lines = [self._line(moment, event) for moment, event in moments]
        if lost:
            lines.append({"time": time.time(), "event": "EventsLost", "count": lost})
        if lines:
            self._file.write(_as_lines(lines))
            self._file.flush()

    def _line(self, moment: float, event: Event) -> dict[str, Any]:
        kind = type(event)
        shape = self._shapes.get(kind) or self._shapes.setdefault(kind, _shape(kind))
        names, values = shape
        line = dict(zip(names, (moment, kind.__name__, *values(event)), strict=False))
        if isinstance(event, RowFailed):
            line |= {name: event.error.get(name) for name in ("type", "attempts")}
        elif isinstance(event, RunFinished):
            line["failed"] = bool(event.error)
        return line


# Keys of a line, and the function that gets the values after `time` and `event`.
_Shape = tuple[tuple[str, ...], Callable[[Event], tuple[Any, ...]]]


def _shape(kind: type[Event]) -> _Shape:
    names = tuple(field.name for field in fields(kind) if field.name not in _MESSAGE_FIELDS)
    if len(names) > 1:
        return ("time", "event", *names), attrgetter(*names)
    return ("time", "event", *names), lambda event: tuple(getattr(event, n) for n in names)


def _as_lines(lines: list[dict[str, Any]]) -> bytes:
    # One call takes a fifth of the time. The separator cannot be part of a string, where the
    # quotation mark would be escaped.
    text = orjson.dumps(lines, default=_type_name)
    return text[1:-1].replace(b'},{"time":', b'}\n{"time":') + b"\n"


def _type_name(value: Any) -> str:
    return type(value).__name__


def _rotate(path: Path) -> None:
    """Renames the existing files to the next number and removes the oldest."""
    older = [path.with_suffix(f".{number}{path.suffix}") for number in range(1, _OLD_FILES + 1)]
    for before, after in reversed(list(zip([path, *older], older, strict=False))):
        # Another run of the same pipeline may rename them at the same time.
        with contextlib.suppress(FileNotFoundError):
            before.replace(after)
