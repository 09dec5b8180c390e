"""Protects finding how many requests in flight a server can use, in virtual time."""

from __future__ import annotations

import asyncio
from statistics import median

import pytest

from distilabel.models.rate_limit.concurrency import MOST, START
from distilabel.models.rate_limit.limiter import EndpointLimiter
from virtual import Endpoint, ask_all, in_no_time

Looks = list[tuple[float, int]]


async def queueing(
    capacity: int | None, count: int, changes: tuple[tuple[float, int | None], ...] = ()
) -> tuple[Endpoint, Looks]:
    """Sends requests to a server that queues them; records the limit every second."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    endpoint = Endpoint(latency=lambda: 1.0, capacity=capacity)
    for at, changed in changes:
        loop.call_later(at, setattr, endpoint, "capacity", changed)
    limiter = EndpointLimiter("e")
    looks: Looks = []

    def look() -> None:
        looks.append((loop.time() - start, limiter.limit))
        loop.call_later(1.0, look)

    look()
    await ask_all(limiter, endpoint, count)
    endpoint.answers = [at - start for at in endpoint.answers]
    return endpoint, looks


def limit(looks: Looks, start: float, end: float) -> float:
    """Returns the median limit in a time."""
    return median(limit for at, limit in looks if start <= at < end)


@pytest.mark.parametrize("capacity", [16, 50])
def test_a_server_that_queues_gets_what_keeps_it_busy(capacity: int) -> None:
    endpoint, looks = in_no_time(queueing(capacity, 120 * capacity))
    end = endpoint.answers[-1]
    assert capacity <= limit(looks, end / 2, end) <= 2 * capacity
    assert end < 1.15 * 120


def test_the_limit_rises_when_that_helps_again_and_falls_when_it_does_not() -> None:
    endpoint, looks = in_no_time(queueing(16, 6000, ((60, 64), (120, 16))))
    assert limit(looks, 45, 60) <= 32
    assert limit(looks, 100, 120) >= 48
    assert endpoint.answered(90, 110) / 20 > 0.75 * 64
    assert limit(looks, 180, 220) <= 32


def test_a_server_that_never_queues_gets_the_highest_limit() -> None:
    endpoint, looks = in_no_time(queueing(None, 12_000))
    assert (looks[0][1], looks[-1][1]) == (START, MOST)
    assert endpoint.answers[-1] < 24
