"""Protects the time limits of requests, which share one timer."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from distilabel.models.http.deadlines import Deadlines


async def test_each_future_expires_at_its_own_time() -> None:
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    expired: list[float] = []
    futures = []

    def note(future: asyncio.Future[None], seconds: float) -> None:
        expired.append(seconds)

    for seconds in (0.06, 0.02, 5.0, 0.02, 0.04):
        future: asyncio.Future[None] = loop.create_future()
        future.add_done_callback(partial(note, seconds=seconds))
        deadlines.add(future, seconds)
        futures.append(future)
    done, pending = await asyncio.wait(futures, timeout=0.3)
    assert expired == [0.02, 0.02, 0.04, 0.06]
    assert all(isinstance(future.exception(), TimeoutError) for future in done)
    assert pending == {futures[2]}
    deadlines.close()


async def test_a_future_that_was_removed_or_is_done_does_not_expire() -> None:
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    removed, done, cancelled, last = (loop.create_future() for _ in range(4))
    for future in (removed, done, cancelled, last):
        deadlines.add(future, 0.01)
    deadlines.remove(removed, 0.01)
    done.set_result(1)
    cancelled.cancel()
    with pytest.raises(TimeoutError):
        await last
    assert not removed.done()
    assert done.result() == 1
    # Removing it after it has expired is allowed, as its caller cannot know.
    for future in (done, cancelled, last):
        deadlines.remove(future, 0.01)
    assert deadlines._queues == {}


async def test_one_timer_serves_all_and_is_set_again() -> None:
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    for _ in range(100):
        future = loop.create_future()
        deadlines.add(future, 0.02)
        deadlines.remove(future, 0.02)
    timer = deadlines._timer
    late = loop.create_future()
    deadlines.add(late, 0.02)
    assert deadlines._timer is timer
    with pytest.raises(TimeoutError):
        await late
    deadlines.close()
