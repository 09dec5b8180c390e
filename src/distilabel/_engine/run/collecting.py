"""Fewer garbage collections while a pipeline runs.

Rows on their way are many and long-lived: with the usual thresholds the interpreter walks through
all of them again and again, a fifth of a run's processor time, and every model waits meanwhile.
What a run leaves behind is freed by counting references; cycles are still collected, less often.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Objects made, less those freed, before the young ones are looked through.
_YOUNG: Final = 50_000

_lock = threading.Lock()
_runs = 0
_before = gc.get_threshold()


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Raises the first threshold of the collector while any run is under way."""
    global _runs, _before
    with _lock:
        if _runs == 0:
            _before = gc.get_threshold()
            # A user who has turned the collector off, or down, is left alone.
            if 0 < _before[0] < _YOUNG:
                gc.set_threshold(_YOUNG, *_before[1:])
        _runs += 1
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if _runs == 0:
                gc.set_threshold(*_before)
