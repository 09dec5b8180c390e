"""Who hears the log while several pipelines run in one process: each run hears its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_lock: Final = threading.Lock()
_levels: Final[list[int]] = []
_before = logging.NOTSET


def logger_for_run(log: logging.Logger, run: object) -> logging.LoggerAdapter[logging.Logger]:
    """A logger whose lines are heard by one run alone.

    Args:
        log: the logger.
        run: what stands for the run.
    """
    return logging.LoggerAdapter(log, {"run": run})


class _Mine(logging.Filter):
    def __init__(self, run: object) -> None:
        super().__init__()
        self._run = run

    def filter(self, record: logging.LogRecord) -> bool:
        # Lines of a step of the user's belong to nobody: everybody hears them.
        return getattr(record, "run", self._run) is self._run


@contextmanager
def route_logs(handlers: list[logging.Handler], level: int, run: object) -> Iterator[None]:
    """Has handlers hear the log of distilabel for a while.

    Args:
        handlers: of the run.
        level: from which on lines are heard; with several runs, the lowest.
        run: what stands for the run.
    """
    global _before
    root = logging.getLogger("distilabel")
    mine = _Mine(run)
    with _lock:
        if not _levels:
            _before = root.level
        _levels.append(level)
        root.setLevel(min(_levels))
        for handler in handlers:
            handler.addFilter(mine)
            root.addHandler(handler)
    try:
        yield
    finally:
        with _lock:
            for handler in handlers:
                root.removeHandler(handler)
                handler.removeFilter(mine)
            _levels.remove(level)
            root.setLevel(min(_levels, default=_before))
