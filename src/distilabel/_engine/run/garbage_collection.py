"""Fewer garbage collections while a pipeline runs, and none when its program exits.

Rows in flight are many and long-lived. With the default thresholds the interpreter traverses all of
them again and again: a fifth of the processor time of a run, during which every model waits. Most
garbage of a run is freed by reference counting; cycles are still collected, less often. At its exit
the interpreter would traverse everything several times, for memory that the kernel takes back.
"""

from __future__ import annotations

import atexit
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Objects allocated, less those freed, before a collection of the youngest generation.
_THRESHOLD: Final = 50_000

_lock = threading.Lock()
_runs = 0
_before = gc.get_threshold()
_freezes_at_exit = False


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Raises the first threshold of the garbage collector until the last run has ended."""
    global _runs, _before, _freezes_at_exit
    with _lock:
        if not _freezes_at_exit:
            _freezes_at_exit = True
            atexit.register(gc.freeze)
        if _runs == 0:
            _before = gc.get_threshold()
            # A collector that the user has turned off, or down, stays as it is.
            if 0 < _before[0] < _THRESHOLD:
                gc.set_threshold(_THRESHOLD, *_before[1:])
        _runs += 1
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                gc.set_threshold(*_before)
