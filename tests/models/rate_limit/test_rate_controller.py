"""Protects the request rate for endpoints with limits and faults, counted in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from distilabel._core.events import EndpointPaused, EndpointResumed, Event
from distilabel.models.rate_limit.limiter import EndpointLimiter
from virtual import Endpoint, ask_all, in_no_time


def share(endpoint: Endpoint) -> float:
    """Returns the share of all requests that was rejected."""
    return len(endpoint.rejections) / (len(endpoint.rejections) + len(endpoint.answers))


async def limited(
    rate: float | None,
    count: int,
    *,
    most: int | None = None,
    latency: float = 0.2,
    changes: tuple[tuple[float, float | None], ...] = (),
    stray: float = 0.0,
    retry_after: float | None = None,
) -> tuple[Endpoint, float]:
    """Sends requests to an endpoint with a limit; returns it, and the time of the start."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    endpoint = Endpoint(latency=lambda: latency, stray=stray, retry_after=retry_after)
    endpoint.limit(rate)
    for at, changed in changes:
        loop.call_later(at, endpoint.limit, changed)
    await ask_all(EndpointLimiter("e", most=most), endpoint, count)
    return endpoint, start


@pytest.mark.parametrize("latency", [0.02, 0.2])
@pytest.mark.parametrize("most", [None, 100])
@pytest.mark.parametrize("wait", [None, 1.0])
def test_a_limit_is_found_and_kept_with_few_rejections(
    latency: float, most: int | None, wait: float | None
) -> None:
    endpoint, start = in_no_time(limited(50, 1000, most=most, latency=latency, retry_after=wait))
    # With a limit of the user it starts faster.
    assert share(endpoint) < (0.02 if most is None else 0.03)
    assert 0.95 <= endpoint.answered(start + 8, start + 16) / 8 / 50 <= 1.05
    assert endpoint.answers[-1] - start < 1.05 * 1000 / 50


def test_two_thousand_at_a_hundred_a_second_take_hardly_longer_than_necessary() -> None:
    endpoint, start = in_no_time(limited(100, 2000))
    assert len(endpoint.answers) == 2000
    assert endpoint.answers[-1] - start < 1.05 * 2000 / 100
    assert share(endpoint) < 0.02


def test_a_limit_that_changes_is_followed_both_ways() -> None:
    endpoint, start = in_no_time(limited(50, 3500, changes=((30, 10), (60, 50))))
    assert endpoint.answered(start + 20, start + 30) / 10 == pytest.approx(50, rel=0.05)
    assert endpoint.answered(start + 40, start + 60) / 20 == pytest.approx(10, rel=0.05)
    assert endpoint.answered(start + 75, start + 85) / 10 == pytest.approx(50, rel=0.05)
    assert share(endpoint) < 0.02


def test_where_everything_in_flight_is_rejected_the_next_requests_are_fewer() -> None:
    endpoint, start = in_no_time(limited(None, 1500, changes=((1, 5), (31, None))))
    assert endpoint.answered(start + 11, start + 31) / 20 == pytest.approx(5, rel=0.05)
    assert len(endpoint.rejections) < 30


def test_stray_rejections_slow_hardly_anything_down() -> None:
    endpoint, start = in_no_time(limited(None, 2000, most=100, stray=0.05, retry_after=1.0))
    assert len(endpoint.answers) == 2000
    # At least 4 s, and the last one that is rejected waits a second before its retry.
    assert endpoint.answers[-1] - start < 7.5


def test_a_limit_is_kept_among_stray_rejections() -> None:
    endpoint, start = in_no_time(limited(50, 1500, stray=0.05))
    assert endpoint.answers[-1] - start < 1.25 * 1500 / 50
    assert share(endpoint) < 0.12


def test_an_endpoint_without_limits_soon_gets_the_highest_rate() -> None:
    endpoint, start = in_no_time(limited(None, 2000, most=100))
    assert endpoint.answers[-1] - start < 4.6
    assert not endpoint.rejections


def test_an_outage_is_waited_for_and_nothing_is_lost() -> None:
    async def outage() -> tuple[Endpoint, list[Event], float]:
        loop = asyncio.get_running_loop()
        start = loop.time()
        events: list[Event] = []
        endpoint = Endpoint()
        loop.call_later(2, setattr, endpoint, "down", True)
        loop.call_later(32, setattr, endpoint, "down", False)
        await ask_all(EndpointLimiter("e", most=100, emit=events.append), endpoint, 3000)
        return endpoint, events, start

    endpoint, events, start = in_no_time(outage())
    assert len(endpoint.answers) == 3000
    assert endpoint.answered(start + 32, start + 43) > 0
    assert len(endpoint.rejections) < 150
    assert any(isinstance(event, EndpointPaused) for event in events)
    assert any(isinstance(event, EndpointResumed) for event in events)
    assert endpoint.answers[-1] - start < 32 + 10 + 3000 / 400
