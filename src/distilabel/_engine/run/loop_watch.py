"""Warns of code of the user's that holds the event loop: meanwhile nothing else of the run goes on.

A thread looks at the stack of the loop's thread whenever the loop has not run for a while, so that
nothing is measured per row.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

# Seconds between two looks. Code that is seen twice has held the loop for longer than that.
_SECONDS: Final = 0.06

# Code in these folders is not the user's.
_NOT_OURS: Final = tuple(
    {
        str(Path(__file__).resolve().parents[2]),
        *(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")),
    }
)

_log = logging.getLogger("distilabel.pipeline")


@contextmanager
def loop_watched() -> Iterator[None]:
    """Watches the running event loop, in a thread."""
    watch = _LoopWatch(asyncio.get_running_loop())
    try:
        yield
    finally:
        watch.close()


class _LoopWatch:
    """Watches an event loop.

    Args:
        loop: The loop that runs in this thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread_id = threading.get_ident()
        self._has_run = threading.Event()
        self._closed = threading.Event()
        self._named: set[CodeType] = set()
        threading.Thread(target=self._watch, name="distilabel-loop-watch", daemon=True).start()

    def close(self) -> None:
        """Ends the thread."""
        self._closed.set()

    def _watch(self) -> None:
        last: CodeType | None = None
        self._ask()
        while not self._closed.wait(_SECONDS):
            if self._has_run.is_set():
                last = None
                self._ask()
                continue
            code = _code_of_user(sys._current_frames().get(self._thread_id))
            if code is not None and code is last and code not in self._named:
                self._named.add(code)
                _log.warning(
                    "%s (%s, line %d) holds the event loop of the run: meanwhile no request is "
                    "sent and no other step runs. Move slow work into `process` of a step, which "
                    "runs in a thread, or await it.",
                    code.co_qualname,
                    code.co_filename,
                    code.co_firstlineno,
                )
            last = code

    def _ask(self) -> None:
        """Has the loop say that it runs."""
        self._has_run.clear()
        try:
            self._loop.call_soon_threadsafe(self._has_run.set)
        except RuntimeError:  # the loop is closed
            self._closed.set()


def _code_of_user(frame: FrameType | None) -> CodeType | None:
    """Returns the innermost code of a stack that is the user's; None if there is none."""
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((*_NOT_OURS, "<frozen")):
            return frame.f_code
        frame = frame.f_back
    return None
