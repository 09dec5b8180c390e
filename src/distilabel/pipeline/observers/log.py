"""The log of a run: a file, the terminal, and the user's handlers."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from distilabel import envs
from distilabel._core.events import (
    Emit,
    EndpointPaused,
    EndpointResumed,
    Event,
    JobUpdated,
    LimitChanged,
    RequestRetried,
    RowFailed,
    RunFinished,
    RunStarted,
    RunStopping,
    StepLoaded,
)
from distilabel._core.printable import printable
from distilabel._engine.reporting.display import display
from distilabel._engine.reporting.formatting import format_count
from distilabel._engine.reporting.report import Report
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.run.plan import Plan
from distilabel.pipeline.observers.log_routing import logger_for_run, route_logs
from distilabel.steps.base import GeneratorStep

# Messages of one kind about one step that the terminal shows.
_MAX_PER_KIND: Final = 5
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_log = logging.getLogger("distilabel.pipeline")
_Log = logging.LoggerAdapter[logging.Logger]


def _level() -> int:
    name = envs.DISTILABEL_LOG_LEVEL
    if name not in _LEVELS:
        _log.warning(
            "DISTILABEL_LOG_LEVEL=%r is not a log level. Using INFO. Levels: %s",
            name,
            ", ".join(_LEVELS),
        )
        name = "INFO"
    return int(getattr(logging, name))


class LogObserver:
    """Logs the events that matter to a reader of the log."""

    wants = (
        RunStarted,
        StepLoaded,
        RowFailed,
        RequestRetried,
        LimitChanged,
        EndpointPaused,
        EndpointResumed,
        JobUpdated,
        RunStopping,
        RunFinished,
    )

    def __init__(self, log: _Log) -> None:
        self._log = log
        self._retried: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Logs one event."""
        level = logging.INFO
        if isinstance(event, RequestRetried):
            # The first few explain why a run is slow. There may be one for every request.
            self._retried[event.step] += 1
            level = logging.INFO if self._retried[event.step] <= _MAX_PER_KIND else logging.DEBUG
        _write(self._log, event, level)


def _write(_log: _Log, event: Event, level: int) -> None:
    match event:
        case RunStarted():
            _log.info("%s started: %s", event.pipeline, ", ".join(event.steps))
        case StepLoaded():
            _log.debug("%s loaded in %.2f s", event.step, event.seconds)
        case RowFailed():
            _log.warning(
                "%s: row %s failed: %s: %s",
                event.step,
                ".".join(map(str, event.key)),
                event.error.get("type"),
                event.error.get("message"),
            )
        case RequestRetried():
            _log.log(level, "%s: retrying in %.1f s: %s", event.step, event.wait, event.reason)
        case LimitChanged() if event.reason:
            _log.info("%s: slowed to %s, %s", event.endpoint, event.speed, event.reason)
        case EndpointPaused():
            _log.warning("%s: paused for %.1f s, %s", event.endpoint, event.seconds, event.reason)
        case EndpointResumed():
            _log.info("%s answers again", event.endpoint)
        case JobUpdated():
            _log.info(
                "%s: batch job %s: %s, %d of %s done",
                *(event.model, event.job, event.status, event.done),
                format_count(event.requests, "request"),
            )
        case RunStopping():
            _log.info("stopping: %s", event.reason)
        case RunFinished():
            if event.error:
                _log.info("failed after %.1f s: %s", event.seconds, event.error)
            else:
                _log.info("finished after %.1f s", event.seconds)


class _GuardedHandler(logging.Handler):
    """Wraps a handler of the user, whose errors lose a line of the log but do not end the run."""

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__(handler.level)
        self._handler = handler

    def handle(self, record: logging.LogRecord) -> bool:
        try:
            return bool(self._handler.handle(record))
        except Exception:  # noqa: BLE001 (any error of the handler)
            self._handler.handleError(record)
            return False


def _total(plan: Plan) -> int | None:
    lengths = [s._known_length() for s in plan.steps.values() if isinstance(s, GeneratorStep)]
    if plan.config.picked is not None:
        return len(plan.config.picked)
    if plan.config.first_batch_only or not lengths or None in lengths:
        return None
    return max(length for length in lengths if length is not None)


class _Formatter(logging.Formatter):
    """Formats records without characters that command a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


class _TerminalHandler(logging.Handler):
    """Shows the first few warnings of each kind and step; the log file has all of them.

    Args:
        path: Path of the log file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._seen: Counter[tuple[str, str]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record to the current `sys.stderr`, which the live display replaces."""
        try:
            subject = ""
            if str(record.msg).startswith("%s") and isinstance(record.args, tuple) and record.args:
                # A message of the engine begins with the step it is about.
                subject = str(record.args[0])
            kind = str(record.msg), subject
            self._seen[kind] += 1
            count = self._seen[kind]
            if count > _MAX_PER_KIND and self.level > logging.DEBUG:
                if count == _MAX_PER_KIND + 1:
                    sys.stderr.write(f"More messages like this are in {self._path}\n")
                return
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 (a broken message or stream must not end the run)
            self.handleError(record)


@contextmanager
def run_log(
    path: Path, handlers: list[logging.Handler], stats: RunStats, plan: Plan
) -> Iterator[list[Emit]]:
    """Sets up the log and the display of a run; on exit, prints and logs its report.

    Args:
        path: Path of the log file.
        handlers: Further handlers.
        stats: Statistics of the run.
        plan: Plan of the run.

    Yields:
        Listeners for the events of the run.
    """
    level = _level()
    log = logger_for_run(_log, plan)
    file = logging.FileHandler(path, mode="w", encoding="utf-8", errors="backslashreplace")
    file.setFormatter(_Formatter("[%(asctime)s] %(levelname)-8s %(message)s", "%Y-%m-%d %H:%M:%S"))
    terminal = _TerminalHandler(path)
    terminal.setLevel(max(logging.WARNING, level) if level > logging.DEBUG else level)
    terminal.setFormatter(_Formatter("['%(name)s'] %(message)s"))
    added: list[logging.Handler] = [file, terminal, *map(_GuardedHandler, handlers)]
    shown = display(stats, _total(plan))
    try:
        with route_logs(added, level, plan):
            try:
                yield [shown, LogObserver(log)]
            finally:
                shown.close()
                report = str(Report.of(stats))
                sys.stderr.write(f"\n{report}\n")
                log.info("report\n%s", report)
    finally:
        file.close()
