"""Protects the order and the number of leases for an endpoint, and that none is lost."""

from __future__ import annotations

import asyncio

import pytest

from distilabel._core.events import EndpointPaused, EndpointResumed, Event, LimitChanged
from distilabel.errors import EndpointError
from distilabel.models.rate_limit import circuit_breaker
from distilabel.models.rate_limit.concurrency import START
from distilabel.models.rate_limit.limiter import EndpointLimiter, Lease, Outcome
from distilabel.models.rate_limit.rate import QUICK_FIRST
from virtual import finish, in_no_time


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def send(limiter: EndpointLimiter, count: int, how: Outcome) -> None:
    """Sends one request after the other."""
    for number in range(count):
        finish(await limiter.acquire(number), how)


async def test_leases_are_granted_in_order_up_to_the_limit() -> None:
    limiter = EndpointLimiter("e", most=2)
    order: list[int] = []
    leases: list[Lease] = []

    async def ask(number: int) -> None:
        leases.append(await limiter.acquire(number))
        order.append(number)

    tasks = [asyncio.create_task(ask(number)) for number in range(5)]
    await settle()
    assert (order, limiter.in_flight, limiter.waiting) == ([0, 1], 2, 3)
    finish(leases[0], Outcome.ANSWERED)
    await settle()
    assert order == [0, 1, 2]
    for lease in leases[1:]:
        finish(lease, Outcome.ANSWERED)
    await settle()
    assert order == [0, 1, 2, 3, 4]
    for lease in leases[3:]:
        finish(lease, Outcome.ANSWERED)
    assert limiter.in_flight == 0
    await asyncio.gather(*tasks)


async def test_a_retry_goes_first() -> None:
    limiter = EndpointLimiter("e", most=1)
    lease = await limiter.acquire()
    late = asyncio.create_task(limiter.acquire("late"))
    await settle()
    again = asyncio.create_task(limiter.acquire("again", retry=True))
    await settle()
    finish(lease, Outcome.ANSWERED)
    await settle()
    assert again.done()
    assert not late.done()
    finish(again.result(), Outcome.ANSWERED)
    finish(await late, Outcome.ANSWERED)


async def test_a_cancelled_wait_takes_no_lease() -> None:
    limiter = EndpointLimiter("e", most=1)
    lease = await limiter.acquire()
    tasks = [asyncio.create_task(limiter.acquire()) for _ in range(3)]
    await settle()
    tasks[0].cancel()
    tasks[1].cancel()
    await settle()
    assert limiter.waiting == 1
    finish(lease, Outcome.ANSWERED)
    finish(await tasks[2], Outcome.ANSWERED)
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


async def test_a_lease_granted_to_a_cancelled_waiter_goes_to_the_next() -> None:
    limiter = EndpointLimiter("e", most=1)
    lease = await limiter.acquire()
    first, second = (asyncio.create_task(limiter.acquire()) for _ in range(2))
    await settle()
    finish(lease, Outcome.ANSWERED)  # granted to the first one, which has not run yet
    first.cancel()
    await settle()
    assert first.cancelled()
    finish(await second, Outcome.ANSWERED)
    assert limiter.in_flight == 0


async def test_a_waiter_turned_away_and_cancelled_at_once_had_no_lease() -> None:
    limiter = EndpointLimiter("e", most=1)
    lease = await limiter.acquire()
    task = asyncio.create_task(limiter.acquire())
    await settle()
    limiter.turn_away(EndpointError("closed"))
    task.cancel()
    await settle()
    assert limiter.in_flight == 1
    finish(lease, Outcome.NEUTRAL)
    assert limiter.in_flight == 0


async def test_turning_away_raises_in_all_waiters() -> None:
    limiter = EndpointLimiter("e", most=1)
    await limiter.acquire()
    tasks = [asyncio.create_task(limiter.acquire()) for _ in range(2)]
    await settle()
    limiter.turn_away(EndpointError("closed"))
    for task in tasks:
        with pytest.raises(EndpointError, match="closed"):
            await task


async def test_the_start_is_measured_whatever_the_limit() -> None:
    limiter = EndpointLimiter("e", most=500)
    tasks = [asyncio.create_task(limiter.acquire(number)) for number in range(100)]
    await settle()
    assert QUICK_FIRST <= limiter.in_flight < 2 * QUICK_FIRST
    for task in tasks:
        finish(await task, Outcome.ANSWERED)
    assert limiter.in_flight == 0


async def test_a_few_rejections_do_not_slow_it_down() -> None:
    events: list[Event] = []
    limiter = EndpointLimiter("e", most=50, emit=events.append)
    for number in range(100):
        how = Outcome.REJECTED if number % 40 == 0 else Outcome.ANSWERED
        finish(await limiter.acquire(number), how)
    assert events == []


async def test_a_limit_of_the_user_stays_whatever_is_rejected() -> None:
    events: list[Event] = []
    limiter = EndpointLimiter("e", most=20, emit=events.append)
    await send(limiter, 6, Outcome.REJECTED)
    assert limiter.limit == 20
    moved = [event for event in events if isinstance(event, LimitChanged)]
    assert moved
    assert moved[0].rate is not None
    assert "rejects" in moved[0].reason


async def test_limits_in_headers_are_respected_before_a_rejection() -> None:
    headers = {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "500s",
    }
    limiter = EndpointLimiter("e", most=50)
    lease = await limiter.acquire(0)
    finish(lease, Outcome.ANSWERED, headers=headers)
    tasks = [asyncio.create_task(limiter.acquire(number)) for number in range(1, 8)]
    await settle()
    # All but one, of which a part is held in reserve.
    assert limiter.in_flight == 3
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_requests_sent_after_the_one_that_was_answered_are_subtracted() -> None:
    headers = {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "6",
        "x-ratelimit-reset-requests": "500s",
    }
    limiter = EndpointLimiter("e", most=50)
    first, *rest = [await limiter.acquire(number) for number in range(4)]
    finish(first, Outcome.ANSWERED, headers=headers)
    tasks = [asyncio.create_task(limiter.acquire(number)) for number in range(4, 12)]
    await settle()
    # Of six, three were in use, and a part is held in reserve.
    assert limiter.in_flight == len(rest) + 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_older_reply_does_not_replace_a_newer_one() -> None:
    def headers(remaining: int) -> dict[str, str]:
        return {
            "x-ratelimit-limit-requests": "100",
            "x-ratelimit-remaining-requests": str(remaining),
            "x-ratelimit-reset-requests": "500s",
        }

    limiter = EndpointLimiter("e", most=50)
    first, second = await limiter.acquire(0), await limiter.acquire(1)
    finish(second, Outcome.ANSWERED, headers=headers(0))
    finish(first, Outcome.ANSWERED, headers=headers(90))
    waiting = asyncio.create_task(limiter.acquire(2))
    await settle()
    assert not waiting.done()
    waiting.cancel()


async def test_an_outage_is_waited_for_probed_and_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(circuit_breaker, "FIRST_PAUSE", 0.02)
    events: list[Event] = []
    limiter = EndpointLimiter("e", most=20, emit=events.append)
    for lease in [await limiter.acquire(number) for number in range(10)]:
        finish(lease, Outcome.FAILED, reason="a 500")
    assert not limiter.is_up
    assert limiter.limit == 20
    tasks = [asyncio.create_task(limiter.acquire(f"later {number}")) for number in range(3)]
    await settle()
    assert limiter.in_flight == 0
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert (len(done), limiter.in_flight) == (1, 1)  # one request probes
    finish(done.pop().result(), Outcome.FAILED)
    assert limiter.in_flight == 0
    done, pending = await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1
    finish(done.pop().result(), Outcome.ANSWERED)
    await asyncio.wait(pending)
    assert limiter.is_up
    pauses = [event for event in events if isinstance(event, EndpointPaused)]
    assert [pause.seconds for pause in pauses] == [0.02, 0.04]
    assert "a 500" in pauses[0].reason
    assert [type(event) for event in events][-1] is EndpointResumed
    finish(pending.pop().result(), Outcome.ANSWERED)
    assert limiter.in_flight == 0


async def test_one_question_that_always_fails_is_not_an_outage() -> None:
    limiter = EndpointLimiter("e", most=20)
    for _ in range(50):
        finish(await limiter.acquire("the same"), Outcome.FAILED)
    assert limiter.is_up


async def test_after_a_neutral_probe_the_next_request_probes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(circuit_breaker, "FIRST_PAUSE", 0.01)
    limiter = EndpointLimiter("e", most=20)
    for lease in [await limiter.acquire(number) for number in range(10)]:
        finish(lease, Outcome.FAILED)
    finish(await limiter.acquire(), Outcome.NEUTRAL)
    finish(await limiter.acquire(), Outcome.ANSWERED)
    assert limiter.is_up


async def test_an_endless_outage_raises_in_all_waiters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit_breaker, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(circuit_breaker, "PATIENCE_UNKNOWN", 0.0)
    limiter = EndpointLimiter("e", most=20)
    for lease in [await limiter.acquire(number) for number in range(10)]:
        finish(lease, Outcome.FAILED, reason="a 500")
    tasks = [asyncio.create_task(limiter.acquire()) for _ in range(2)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finish(done.pop().result(), Outcome.FAILED, reason="a 500 again")
    with pytest.raises(EndpointError, match=r"11 requests in a row failed.*a 500 again"):
        await pending.pop()


async def test_requests_held_back_by_the_limit_of_the_user_go_on() -> None:
    limiter = EndpointLimiter("e", requests_per_minute=60 * 50)
    leases = [asyncio.create_task(limiter.acquire()) for _ in range(60)]
    await settle()
    assert 0 < limiter.in_flight <= START
    for task in list(leases):
        finish(await task, Outcome.ANSWERED)
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


async def test_a_waiter_cancelled_and_skipped_at_once_is_only_cancelled() -> None:
    limiter = EndpointLimiter("e", most=1)
    first = await limiter.acquire()
    waiting = asyncio.create_task(limiter.acquire())
    await settle()
    waiting.cancel()
    finish(first, Outcome.NEUTRAL)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


async def test_a_waiter_that_is_cancelled_is_cancelled_even_if_it_was_turned_away_before() -> None:
    limiter = EndpointLimiter("e", most=1)
    await limiter.acquire()
    task = asyncio.create_task(limiter.acquire())
    await settle()
    limiter.turn_away(EndpointError("closed"))
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


def test_where_most_is_rejected_nothing_is_sent_before_the_named_time() -> None:
    async def run() -> None:
        limiter = EndpointLimiter("e", most=50)
        clock = asyncio.get_running_loop().time
        for number in range(8):
            lease = await limiter.acquire(number)
            finish(lease, Outcome.REJECTED, retry_after=60.0)
            named = clock() + 60.0
            if not limiter.is_up or limiter._paused_until:
                break
        # Even if nothing waits meanwhile.
        await asyncio.sleep(20.0)
        finish(await asyncio.wait_for(limiter.acquire("next"), 1000), Outcome.ANSWERED)
        assert named <= clock() < named + 5.0

    in_no_time(run())


def test_where_most_is_let_in_one_rejection_holds_up_no_other_request() -> None:
    async def run() -> None:
        limiter = EndpointLimiter("e", most=50)
        clock = asyncio.get_running_loop().time
        for number in range(200):
            rejected = number % 50 == 49
            how = Outcome.REJECTED if rejected else Outcome.ANSWERED
            lease = await limiter.acquire(number)
            finish(lease, how, retry_after=60.0 if rejected else None)
        before = clock()
        finish(await limiter.acquire("next"), Outcome.ANSWERED)
        assert clock() - before < 5.0

    in_no_time(run())


def test_the_tokens_that_answers_took_are_settled() -> None:
    async def run() -> None:
        limiter = EndpointLimiter("e", most=50, tokens_per_minute=60_000)
        clock = asyncio.get_running_loop().time
        start = clock()
        # Ten times as many as were assumed.
        for number in range(20):
            finish(await limiter.acquire(number), Outcome.ANSWERED, tokens=5_000)
        assert clock() - start > 60.0
        # A request without an answer took none.
        limiter = EndpointLimiter("e", most=50, tokens_per_minute=60_000)
        start = clock()
        for number in range(200):
            finish(await limiter.acquire(number), Outcome.NEUTRAL)
        assert clock() - start < 30.0

    in_no_time(run())


async def test_a_limit_of_tokens_in_headers_counts_what_requests_take() -> None:
    headers = {
        "x-ratelimit-limit-tokens": "10000",
        "x-ratelimit-remaining-tokens": "1800",
        "x-ratelimit-reset-tokens": "500s",
    }
    limiter = EndpointLimiter("e", most=50)
    finish(await limiter.acquire(0), Outcome.ANSWERED, headers=headers)
    tasks = [asyncio.create_task(limiter.acquire(number)) for number in range(1, 8)]
    await settle()
    # At the 500 tokens that a request is assumed to take.
    assert limiter.in_flight == 3
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_limits_of_the_user_can_change_while_requests_wait() -> None:
    limiter = EndpointLimiter("e")
    leases = [await limiter.acquire(number) for number in range(4)]
    limiter.set_user_limits(2, None, None)
    waiting = asyncio.create_task(limiter.acquire("next"))
    for lease in leases[:2]:
        finish(lease, Outcome.ANSWERED)
    await settle()
    assert (limiter.limit, limiter.in_flight, waiting.done()) == (2, 2, False)
    finish(leases[2], Outcome.ANSWERED)
    finish(await waiting, Outcome.ANSWERED)
    assert limiter.limit == 2
    limiter.set_user_limits(None, None, None)
    assert limiter.limit == START


def test_a_limit_of_the_user_that_is_set_later_stays_however_fast_answers_come() -> None:
    async def ask() -> int:
        limiter = EndpointLimiter("e")
        limiter.set_user_limits(4, None, None)
        highest = 0

        async def asked(number: int) -> None:
            nonlocal highest
            lease = await limiter.acquire(number)
            await asyncio.sleep(0.1)
            finish(lease, Outcome.ANSWERED)
            highest = max(highest, limiter.limit)

        # The others wait for this limit, which is when one that is not the user's grows.
        await asyncio.gather(*map(asked, range(2000)))
        return highest

    assert in_no_time(ask()) == 4


async def test_an_outage_is_noticed_by_as_few_requests_as_a_later_limit_lets_in() -> None:
    limiter = EndpointLimiter("e")
    limiter.set_user_limits(2, None, None)
    for number in range(10):
        finish(await limiter.acquire(number % 2), Outcome.FAILED)
    assert not limiter.is_up


async def test_an_endpoint_in_doubt_gets_one_request_at_a_time_until_it_answers() -> None:
    limiter = EndpointLimiter("e")
    limiter.doubt = "it does not list the model"
    first = await limiter.acquire(0)
    others = [asyncio.create_task(limiter.acquire(number)) for number in (1, 2, 3)]
    await settle()
    assert (limiter.in_flight, limiter.waiting) == (1, 3)
    # A rejected request says nothing about the model.
    finish(first, Outcome.NEUTRAL)
    await settle()
    assert (limiter.in_flight, limiter.waiting) == (1, 2)
    finish(await others[0], Outcome.ANSWERED)
    await settle()
    assert (limiter.in_flight, limiter.waiting, limiter.doubt) == (2, 0, "")
    for other in others[1:]:
        finish(await other, Outcome.ANSWERED)


async def test_a_closed_endpoint_turns_away_those_that_wait_and_those_that_come() -> None:
    limiter = EndpointLimiter("e", most=1)
    lease = await limiter.acquire()
    waiting = asyncio.create_task(limiter.acquire())
    await settle()
    limiter.close(EndpointError("unknown model"))
    finish(lease, Outcome.NEUTRAL)
    with pytest.raises(EndpointError, match="unknown model"):
        await waiting
    with pytest.raises(EndpointError, match="unknown model"):
        await limiter.acquire()
    assert limiter.in_flight == 0


async def test_an_outage_is_noticed_by_the_one_question_that_a_lower_limit_lets_in() -> None:
    limiter = EndpointLimiter("e")
    limiter.set_user_limits(1, None, None)
    for _ in range(circuit_breaker.BREAK_AFTER):
        assert limiter.is_up
        finish(await limiter.acquire("always the same"), Outcome.FAILED)
    assert not limiter.is_up
