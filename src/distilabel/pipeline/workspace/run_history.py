"""The history of the runs in a cache directory: one append-only file with their reports."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson

from distilabel._core.events import Event, RunFinished, RunStarted
from distilabel._engine.reporting.report import Report
from distilabel._engine.reporting.run_stats import RunStats
from distilabel.errors import DistilabelUserError
from distilabel.pipeline.workspace.run_directory import RunDirectory, is_alive

HISTORY_FILE: Final = "runs.jsonl"


class RunHistory:
    """A listener that records the start and the end of a run.

    Args:
        directory: Run directory.
        stats: Statistics of the run; they receive every event before this listener.
    """

    wants = (RunStarted, RunFinished)

    def __init__(self, directory: RunDirectory, stats: RunStats) -> None:
        self._file = directory.root / HISTORY_FILE
        # Relative, since a cache directory may be moved; a pilot run writes outside of it.
        inside = directory.execution.is_relative_to(directory.root)
        self._folder = (
            directory.execution.relative_to(directory.root) if inside else directory.execution
        )
        self._stats = stats
        # Sorts by time, is short enough to type, and differs for two runs in the same second.
        self.id = f"{datetime.now():%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"

    def __call__(self, event: Event) -> None:
        """Appends a line."""
        line: dict[str, Any] = {"id": self.id, "time": time.time()}
        if isinstance(event, RunStarted):
            line |= {
                "pipeline": event.pipeline,
                "folder": str(self._folder),
                "host": socket.gethostname(),
                "pid": os.getpid(),
            }
        elif isinstance(event, RunFinished):
            report = Report.of(self._stats)
            line |= {"report": report.to_dict(), "text": str(report)}
        self._add(orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE))

    def _add(self, line: bytes) -> None:
        # One write call: other runs append to the same file.
        file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)


@dataclass
class PastRun:
    """A run in the history, past or in progress.

    Attributes:
        id: Id of the run.
        started: Start time, in local time.
        pipeline: Name of the pipeline.
        folder: Run directory, with the log, events and dataset of its configuration's latest run.
        host: Name of the machine.
        pid: Id of the process.
        report: Report as a dict; None if the run has not ended.
        text: Report as text.
    """

    id: str
    started: datetime
    pipeline: str
    folder: Path
    host: str
    pid: int
    report: dict[str, Any] | None = None
    text: str = ""

    @property
    def outcome(self) -> str:
        """One of `finished`, `stopped (...)`, `failed`, `killed` and `running`."""
        if self.report is None:
            if self.host != socket.gethostname():
                return f"running or killed on {self.host}"
            return "running" if is_alive(self.pid) else "killed"
        if self.report.get("interrupted"):
            return f"stopped ({self.report.get('stopped') or 'Ctrl-C'})"
        return "failed" if self.report.get("error") else "finished"


def past_runs(cache_dir: Path) -> list[PastRun]:
    """Reads the runs of a cache directory, oldest first."""
    try:
        lines = (cache_dir / HISTORY_FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    runs: dict[str, PastRun] = {}
    for line in lines:
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            # Cut off, by a full disk for instance.
            continue
        if "report" in entry and entry["id"] in runs:
            runs[entry["id"]].report = entry["report"]
            runs[entry["id"]].text = entry["text"]
        elif "pipeline" in entry:
            runs[entry["id"]] = PastRun(
                id=entry["id"],
                started=datetime.fromtimestamp(entry["time"]),
                pipeline=entry["pipeline"],
                folder=cache_dir / entry["folder"],
                host=entry["host"],
                pid=entry["pid"],
            )
    return list(runs.values())


def find_run(cache_dir: Path, id: str) -> PastRun:
    """Returns a run of a cache directory.

    Args:
        cache_dir: Cache directory.
        id: Id of the run, or its first characters; `last` is the latest.

    Raises:
        DistilabelUserError: There is no such run, or several.
    """
    runs = past_runs(cache_dir)
    found = runs[-1:] if id == "last" else [each for each in runs if each.id.startswith(id)]
    if not found:
        raise DistilabelUserError(
            f"No run {id!r} in {cache_dir}. Use `distilabel run list` to see all runs. For another "
            "cache directory, use --cache-dir."
        )
    if len(found) > 1:
        raise DistilabelUserError(
            f"The id {id!r} matches {len(found)} runs. Give more characters of it."
        )
    return found[0]
