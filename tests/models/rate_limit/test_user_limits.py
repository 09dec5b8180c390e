"""Protects the arithmetic of the limits; the time is given, so that nothing is waited for."""

from __future__ import annotations

import asyncio

import pytest

from distilabel.models.rate_limit.limiter import EndpointLimiter, Outcome
from distilabel.models.rate_limit.user_limits import GUESS, UserLimits
from virtual import finish, in_no_time


def sent(limits: UserLimits, seconds: float, start: float = 100.0, step: float = 0.01) -> int:
    """Counts the requests that are sent in a time, if there are always some waiting."""
    count = 0
    for tick in range(int(seconds / step)):
        now = start + tick * step
        while limits.wait(now) == 0 and count < 100_000:
            limits.take(now)
            count += 1
    return count


def test_without_limits_nothing_waits() -> None:
    limits = UserLimits(None, None)
    assert limits.wait(1.0) == 0
    limits.take(1.0)
    assert limits.wait(1.0) == 0


def test_requests_are_sent_at_the_limit_after_a_burst_of_one_second() -> None:
    assert sent(UserLimits(600, None), 30) == pytest.approx(10 + 300, abs=2)


def test_less_than_one_request_a_second_is_possible() -> None:
    limits = UserLimits(30, None)
    limits.take(100.0)
    assert limits.wait(100.0) == pytest.approx(2.0)
    assert limits.wait(102.0) == 0


def test_waiting_as_long_as_computed_is_enough() -> None:
    limits = UserLimits(7, None)
    now = 100.0
    for _ in range(1000):
        limits.take(now)
        now += limits.wait(now)
        assert limits.wait(now) == 0


def test_tokens_are_reserved_before_they_are_known() -> None:
    limits = UserLimits(None, 60_000)
    assert limits.take(100.0) == GUESS
    limits.take(100.0)
    assert limits.wait(100.0) > 0
    limits.settle(0, GUESS, 100.0)  # no answer: they are returned
    assert limits.wait(100.0) == 0


def test_tokens_spent_beyond_the_limit_are_waited_for() -> None:
    limits = UserLimits(None, 60_000)
    reserved = limits.take(100.0)
    limits.settle(11_000, reserved, 100.0)
    assert limits.wait(100.0) == pytest.approx(10.0, abs=0.01)


async def asked(limiter: EndpointLimiter, count: int, tokens: int) -> list[float]:
    """Returns when each request was sent, in seconds since the first."""
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def ask(number: int) -> None:
        lease = await limiter.acquire(number)
        times.append(loop.time())
        await asyncio.sleep(0.1)
        finish(lease, Outcome.ANSWERED, tokens=tokens)

    await asyncio.gather(*(ask(number) for number in range(count)))
    return [time - times[0] for time in times]


def test_the_limit_of_requests_is_respected_and_used() -> None:
    times = in_no_time(asked(EndpointLimiter("e", requests_per_minute=600), 610, 100))
    # A second's worth is sent at once.
    assert times[-1] == pytest.approx(60.0, abs=1.0)
    assert all(sum(t <= u < t + 60 for u in times) <= 611 for t in times[:20])


def test_the_limit_of_tokens_is_respected_and_used() -> None:
    # 20 a second, once it is known that each takes 500.
    times = in_no_time(asked(EndpointLimiter("e", tokens_per_minute=600_000), 1200, 500))
    assert times[-1] == pytest.approx(60.0, abs=2.0)


def test_another_limit_grants_no_new_burst() -> None:
    limits = UserLimits(600, None)
    for _ in range(10):
        limits.take(1.0)
    limits.set(300, None)
    assert limits.wait(1.0) > 0
    limits.set(None, None)
    assert limits.wait(1.0) == 0
