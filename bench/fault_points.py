"""Points of a run at which a process kills itself with SIGKILL.

The library does not know of them: they wrap its events, the statements of the answer store, and
writing and moving files. The signal is real and is sent to all processes of the group.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

# Imported at the first part, it would take so long that there is only one.
import pyarrow.parquet  # noqa: F401

from distilabel import distiset
from distilabel._core.events import Bus, Event
from distilabel._engine.calling.step_cache import StepCache
from distilabel._engine.operators import all_rows, router
from distilabel._engine.storage import answer_store, parquet_writer, sqlite_file
from distilabel.models.rate_limit.limiter import EndpointLimiter
from distilabel.pipeline.workspace.run_directory import RunDirectory

# Roughly in the order in which a run reaches them.
POINTS = (
    "loaded",
    "asked",
    "answered",
    "job moved",
    "begin",
    "insert",
    "commit",
    "routed",
    "remembered",
    "failed",
    "part",
    "half part",
    "global step begins",
    "global step ends",
    "sorted part",
    "half sorted part",
    "parts moved",
    "run finished",
    "dataset read",
    "put in place",
    "moved in place",
)

_EVENTS = {
    "StepLoaded": "loaded",
    "RequestSent": "asked",
    "ResponseReceived": "answered",
    "JobUpdated": "job moved",
    "RowFailed": "failed",
    "RunFinished": "run finished",
}

_PART_ROWS = 20


class Aim:
    """Counts how often each point is reached, and kills the process at one of them.

    Args:
        point: which; None for none.
        number: Kill when the point is reached for this number of times.
        told: the file for the counts, and for how many questions were in flight.
    """

    def __init__(self, point: str | None, number: int, told: Path) -> None:
        self._point = point
        self._number = number
        self._told = told
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._limiters: list[EndpointLimiter] = []

    @classmethod
    def of(cls, text: str | None, told: Path) -> Self:
        """Installs an aim given on the command line."""
        point, _, number = (text or "").partition(":")
        aim = cls(point or None, int(number or 0), told)
        aim._lie_in_wait()
        return aim

    def here(self, point: str, before: Callable[[], None] = lambda: None) -> None:
        """The process is at a point.

        Args:
            point: where it is.
            before: done before it ends, if it does.
        """
        with self._lock:
            self._counts[point] += 1
            if point == self._point and self._counts[point] == self._number:
                before()
                self.write()
                os.killpg(0, signal.SIGKILL)
                threading.Event().wait()

    def write(self) -> None:
        """Writes how often each point was reached, and the requests in flight."""
        in_flight = sum(gate.in_flight for gate in self._limiters)
        self._told.write_text(json.dumps({"points": self._counts, "in_flight": in_flight}))

    # -- the points -------------------------------------------------------------------------

    def _lie_in_wait(self) -> None:
        # Few rows, and yet several files, that come out of order.
        parquet_writer._PART_ROWS = _PART_ROWS  # type: ignore[misc]
        self._around(Bus, "__call__", before=self._at_event)
        self._around(
            EndpointLimiter, "__init__", after=lambda gate, *_, **__: self._limiters.append(gate)
        )
        self._around(router.Router, "choose", after=lambda *_: self.here("routed"))
        self._around(StepCache, "_put", before=lambda *_: self.here("remembered"))
        self._around(all_rows.AllRows, "_run", before=lambda *_: self.here("global step begins"))
        self._around(all_rows.AllRows, "_run", after=lambda *_: self.here("global step ends"))
        self._around(parquet_writer, "_write", before=self._at_part, after=self._at_half_part)
        self._around(distiset, "create_distiset", before=lambda *_, **__: self.here("dataset read"))
        self._around(RunDirectory, "put_in_place", before=lambda *_: self.here("put in place"))
        for name in ("rename", "unlink"):
            self._around(Path, name, before=self._at_move)
        connect = sqlite_file.connect

        def watched(path: Path) -> sqlite3.Connection:
            connection = connect(path)
            connection.set_trace_callback(self._at_statement)
            return connection

        for module in (answer_store, sqlite_file):
            vars(module)["connect"] = watched

    def _around(
        self,
        where: Any,
        name: str,
        *,
        before: Callable[..., None] | None = None,
        after: Callable[..., None] | None = None,
    ) -> None:
        real = getattr(where, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if before is not None:
                before(*args, **kwargs)
            result = real(*args, **kwargs)
            if after is not None:
                after(*args, **kwargs)
            return result

        setattr(where, name, wrapped)

    def _at_event(self, bus: Bus, event: Event) -> None:
        point = _EVENTS.get(type(event).__name__)
        if point is not None:
            self.here(point)

    def _at_statement(self, statement: str) -> None:
        word = statement.partition(" ")[0].lower()
        # Told before it is done: at "commit", all of the group is there and nothing is kept.
        if word in ("begin", "insert", "commit"):
            self.here(word)

    def _at_part(self, table: Any, path: Path) -> None:
        self.here("sorted part" if path.parent.suffix == ".sorted" else "part")

    def _at_half_part(self, table: Any, path: Path) -> None:
        point = "half sorted part" if path.parent.suffix == ".sorted" else "half part"
        self.here(point, lambda: os.truncate(path, path.stat().st_size // 2))

    def _at_move(self, path: Path, *_: Any, **__: Any) -> None:
        if path.suffix == ".sorted" or (path.parent / f"{path.name}.sorted").is_dir():
            self.here("parts moved")
        elif path.name.startswith("data"):
            self.here("moved in place")
