"""The events of a run as lines of JSON, for programs.

Words of endpoints, models and steps may hold parts of a question or an answer: the log has them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from distilabel._core.events import Event, RowFailed, RunFinished
from distilabel.pipeline.aside import Moment

# Files of the runs before this one.
_KEPT: Final = 4
_WORDS: Final = frozenset({"reason", "error"})
_LINE: Final = orjson.OPT_APPEND_NEWLINE


@contextmanager
def event_file(path: Path) -> Iterator[EventFile]:
    """Opens a file for the events of a run.

    Args:
        path: of the file; the one that stands there goes to `events.1.jsonl`, that to
            `events.2.jsonl`, and so on.
    """
    _move_on(path)
    with open(path, "ab") as file:
        yield EventFile(file)


class EventFile:
    """Writes events as lines.

    Args:
        file: where to.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._names: dict[type[Event], list[str]] = {}

    def take(self, moments: list[Moment], lost: int) -> None:
        """Writes events, or how many there were that it does not get."""
        lines = [self._line(moment, event) for moment, event in moments]
        if lost:
            lines.append(orjson.dumps(_named(time.time(), "EventsLost", count=lost), option=_LINE))
        self._file.write(b"".join(lines))
        self._file.flush()

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
