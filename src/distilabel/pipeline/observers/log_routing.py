"""Routes log records to the handlers of the run they belong to, if several run in one process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_lock: Final = threading.Lock()
# Levels of the runs in progress.
_levels: Final[list[int]] = []
_original_level = logging.NOTSET


def logger_for_run(log: logging.Logger, run: object) -> logging.LoggerAdapter[logging.Logger]:
    """Makes a logger whose records go to the handlers of one run only.

    Args:
        log: Logger to wrap.
        run: Object that identifies the run.
    """
    return logging.LoggerAdapter(log, {"run": run})


class _RunFilter(logging.Filter):
    """Drops the records of other runs."""

    def __init__(self, run: object) -> None:
        super().__init__()
        self._run = run

    def filter(self, record: logging.LogRecord) -> bool:
        # Records without a run, such as those that a user's step logs, go to all runs.
        return getattr(record, "run", self._run) is self._run


@contextmanager
def route_logs(handlers: list[logging.Handler], level: int, run: object) -> Iterator[None]:
    """Adds handlers to the logger of distilabel for the duration of a run.

    Args:
        handlers: Handlers of the run.
        level: Log level of the run. While several run, the lowest level applies to all.
        run: Object that identifies the run.
    """
    global _original_level
    root = logging.getLogger("distilabel")
    run_filter = _RunFilter(run)
    with _lock:
        if not _levels:
            _original_level = root.level
        _levels.append(level)
        root.setLevel(min(_levels))
        for handler in handlers:
            handler.addFilter(run_filter)
            root.addHandler(handler)
    try:
        yield
    finally:
        with _lock:
            for handler in handlers:
                root.removeHandler(handler)
                handler.removeFilter(run_filter)
            _levels.remove(level)
            root.setLevel(min(_levels, default=_original_level))
