"""Protects the bridge: synchronous code can run coroutines, wherever it runs."""

from __future__ import annotations

import asyncio

import pytest

from distilabel._core.sync_bridge import background_loop, run_sync


async def double(n: int) -> int:
    await asyncio.sleep(0)
    if n < 0:
        raise ValueError("negative")
    return 2 * n


def test_in_a_script() -> None:
    assert run_sync(double(2)) == 4


async def test_under_a_running_loop() -> None:
    assert run_sync(double(2)) == 4
    assert background_loop() is not asyncio.get_running_loop()


def test_an_error_of_the_coroutine_is_raised() -> None:
    with pytest.raises(ValueError, match="negative"):
        run_sync(double(-1))
