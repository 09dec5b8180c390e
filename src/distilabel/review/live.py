"""Live pages: what happens in a run, from the events that it writes while it goes on.

The only part of the room that knows the engine: it counts events with the tally of the terminal.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from distilabel._core import events
from distilabel._core.events import Event, RunFinished, RunStarted
from distilabel._engine.reporting.formatting import format_duration, format_money
from distilabel._engine.reporting.model_usage import total_usage
from distilabel._engine.reporting.progress import Progress
from distilabel._engine.reporting.run_stats import RunStats, StepStats
from distilabel.constants import PIPELINE_EVENTS_FILENAME
from distilabel.errors import DistilabelUserError
from distilabel.review.server.replies import HAS_LIVE, REVIEW, errors_as_replies, reply


@dataclass(frozen=True)
class Run:
    """A run that can be watched.

    Attributes:
        id: Id of the run.
        pipeline: Name of the pipeline.
        outcome: `running`, `finished`, ...
        folder: Run directory.
    """

    id: str
    pipeline: str
    outcome: str
    folder: Path


class EventTail:
    """Reads the events of a run as they are written, and counts them.

    Args:
        path: Event file of the run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self._begin()

    def _begin(self) -> None:
        self.stats = RunStats()
        self.progress = Progress(self.stats, None)
        self.started = self.last = 0.0
        self.is_over = False

    def read(self) -> None:
        """Counts the events that were written since the last time."""
        try:
            with open(self._path, "rb") as file:
                if self._path.stat().st_size < self._offset:
                    # The pipeline was started again, with a new file.
                    self._offset, self._rest = 0, b""
                    self._begin()
                file.seek(self._offset)
                text = file.read()
        except FileNotFoundError:
            return
        self._offset += len(text)
        *lines, self._rest = (self._rest + text).split(b"\n")
        for line in lines:
            self._count(line)

    def _count(self, line: bytes) -> None:
        try:
            entry = orjson.loads(line)
            event = event_of(entry)
        except (orjson.JSONDecodeError, TypeError, KeyError):
            return
        self.last = entry["time"]
        if isinstance(event, RunStarted):
            self._begin()
            self.started = self.last = entry["time"]
        if isinstance(event, RunFinished):
            self.is_over = True
        if event is not None:
            try:
                self.stats(event)
            except KeyError:  # of a step that a lost event would have named
                return


def event_of(entry: dict[str, Any]) -> Event | None:
    """Returns the event of a line; None for one that this version does not know.

    Messages are not in the file, because they may quote rows; they are empty.
    """
    kind = getattr(events, str(entry.get("event")), None)
    if not (isinstance(kind, type) and issubclass(kind, Event) and kind is not Event):
        return None
    given = {}
    for field in dataclasses.fields(kind):
        if field.name in entry:
            value = entry[field.name]
            given[field.name] = tuple(value) if isinstance(value, list) else value
        elif field.default is MISSING and field.default_factory is MISSING:
            given[field.name] = {} if field.name == "error" else ""
    return kind(**given)


def snapshot(tail: EventTail, outcome: str) -> dict[str, Any]:
    """Returns what the page of a run shows.

    Args:
        tail: Events of the run.
        outcome: What the history says about the run.
    """
    tail.read()
    stats = tail.stats
    first = next(iter(stats.steps.values()), StepStats())
    is_over = tail.is_over or not outcome.startswith("running")
    # The source knows how many rows there are once it has ended.
    speeds = tail.progress.sample()
    left = tail.progress.seconds_left()
    seconds = stats.seconds or ((tail.last if is_over else time.time()) - tail.started)
    return {
        "pipeline": stats.pipeline,
        "outcome": "finished" if tail.is_over and outcome.startswith("running") else outcome,
        "over": is_over,
        "rows": sum(stats.steps[leaf].passed_on for leaf in stats.leaves if leaf in stats.steps),
        "speed": 0 if is_over else round(max(speeds.values(), default=0)),
        "cost": format_money(total_usage(stats.models.values()).cost),
        "time": format_duration(max(0.0, seconds)) if tail.started else "not yet",
        "left": format_duration(left) if left and not is_over else "",
        "failures": len(stats.failures),
        "steps": [
            {
                "name": name,
                "done": step.worked,
                "expected": max(step.taken, first.given),
                "failed": step.failed,
                "asked": step.asked,
                "answered": step.answered + step.reused,
                "in_flight": step.in_flight,
            }
            for name, step in stats.steps.items()
        ],
    }


def add_live_pages(app: web.Application, runs: Callable[[], list[Run]]) -> None:
    """Adds the routes of live pages to the application.

    Args:
        app: The application.
        runs: Returns the runs that can be watched, the latest at the end.
    """
    tails: dict[str, EventTail] = {}

    def watched(wanted: str) -> dict[str, Any]:
        known = runs()
        found = known[-1:] if wanted == "last" else [run for run in known if run.id == wanted]
        if not found:
            raise DistilabelUserError(f"There is no run {wanted[:40]!r}.")
        run = found[0]
        tail = tails.setdefault(run.id, EventTail(run.folder / PIPELINE_EVENTS_FILENAME))
        return snapshot(tail, run.outcome)

    @errors_as_replies
    async def live(request: web.Request) -> web.Response:
        # Files are read apart from answers, one request at a time.
        watching = request.app[REVIEW].with_rows
        return reply(await watching(watched, request.match_info["run"]))

    @errors_as_replies
    async def list_runs(request: web.Request) -> web.Response:
        found = await request.app[REVIEW].with_rows(runs)
        return reply(
            {
                "runs": [
                    {"id": run.id, "pipeline": run.pipeline, "outcome": run.outcome}
                    for run in found[:-11:-1]
                ]
            }
        )

    app[HAS_LIVE] = True
    app.add_routes([web.get("/api/live", list_runs), web.get("/api/live/{run}", live)])
