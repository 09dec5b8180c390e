"""The one way from synchronous code into asynchronous code.

A background thread runs an event loop; a synchronous call hands it a coroutine and waits. So
public synchronous methods work the same in a script, in a notebook and under a running loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import wait
from typing import Any, Final, TypeVar

# Seconds after which a Ctrl-C is heard at the latest.
_LISTEN_EVERY: Final = 0.2

_T = TypeVar("_T")
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def background_loop() -> asyncio.AbstractEventLoop:
    """The loop of the background thread, started when first needed."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(
                target=_loop.run_forever, name="distilabel-background", daemon=True
            ).start()
        return _loop


def run_sync(
    coroutine: Coroutine[Any, Any, _T], loop: asyncio.AbstractEventLoop | None = None
) -> _T:
    """Runs a coroutine on `loop` (the background loop if None) and waits for its result.

    Args:
        coroutine: what to run.
        loop: a loop that runs in another thread than the caller's.

    Raises:
        Exception: whatever the coroutine raises.
    """
    future = asyncio.run_coroutine_threadsafe(coroutine, loop or background_loop())
    try:
        # A Ctrl-C that comes just before a wait begins does not end it: so waits are short.
        while not wait([future], _LISTEN_EVERY).done:
            pass
        return future.result()
    except BaseException:
        future.cancel()
        raise
