"""Runs coroutines from synchronous code.

A background thread runs an event loop; a synchronous call submits a coroutine to it and waits. So
public synchronous methods work the same in a script, in a notebook and under a running loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import wait
from typing import Any, Final, TypeVar

# Seconds until Ctrl-C takes effect at the latest.
_POLL_SECONDS: Final = 0.2

_T = TypeVar("_T")
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def background_loop() -> asyncio.AbstractEventLoop:
    """Returns the event loop of the background thread, which starts on first use."""
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
    """Runs a coroutine in another thread's event loop and waits for its result.

    Args:
        coroutine: Coroutine to run.
        loop: Event loop that runs in a thread other than the caller's; None is the background loop.

    Raises:
        Exception: Whatever the coroutine raises.
    """
    future = asyncio.run_coroutine_threadsafe(coroutine, loop or background_loop())
    try:
        # A Ctrl-C that arrives just before a wait begins does not interrupt it, so waits are short.
        while not wait([future], _POLL_SECONDS).done:
            pass
        return future.result()
    except BaseException:
        future.cancel()
        raise
