"""Imports the packages that the end of a run needs while the processor is idle."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Final

from distilabel._engine.run_state import RunState

# Idle means: the process used at most this share of the time since the last check.
_IDLE: Final = 0.5
# Seconds between checks. At the start of a run an endpoint gets few requests, so that is soon.
_CHECK_EVERY: Final = 0.4


def import_when_idle(state: RunState) -> None:
    """Starts checking whether the process is idle; imports once it is. Call it on the event loop.

    Beside rows that keep the processor busy, the import would only slow both down.

    Args:
        state: State of the run; the checks end when it no longer runs.
    """
    loop = asyncio.get_running_loop()
    loop.call_later(_CHECK_EVERY, _check, loop, state, time.monotonic(), time.process_time())


def _check(loop: asyncio.AbstractEventLoop, state: RunState, checked: float, used: float) -> None:
    if not state.is_running:
        return
    now, work = time.monotonic(), time.process_time()
    if work - used < _IDLE * (now - checked):
        threading.Thread(target=_import, name="distilabel-warm-up", daemon=True).start()
    else:
        loop.call_later(_CHECK_EVERY, _check, loop, state, now, work)


def _import() -> None:
    import datasets  # noqa: F401
    import pyarrow.parquet  # noqa: F401
