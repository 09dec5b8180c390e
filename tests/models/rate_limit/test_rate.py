"""Protects the arithmetic of the rate; the time is given, so that nothing is waited for."""

from __future__ import annotations

import math

import pytest

from distilabel.models.rate_limit.rate import DOUBLING, FIRST, FIRST_RATE, REST, RequestRate


def sent(rate: RequestRate, start: float, seconds: float, step: float = 0.001) -> int:
    """Counts the requests that are sent in a time, if there are always some waiting."""
    count = 0
    for tick in range(int(seconds / step)):
        now = start + tick * step
        while rate.wait(now) == 0 and count < 100_000:
            rate.take(now)
            count += 1
    return count


def test_it_starts_slowly_and_soon_holds_nothing_back() -> None:
    rate = RequestRate()
    assert FIRST <= sent(rate, 100.0, DOUBLING) < FIRST + 3 * FIRST_RATE * DOUBLING
    sent(rate, 100.0 + DOUBLING, 8 * DOUBLING)
    assert rate.per_second == math.inf
    assert not rate.is_held


def test_a_trickle_of_requests_does_not_raise_it() -> None:
    rate = RequestRate()
    for second in range(100):
        rate.take(100.0 + second)
    assert rate.per_second == FIRST_RATE


def test_the_first_rejections_reduce_it_by_their_share() -> None:
    rate = RequestRate()
    sent(rate, 100.0, 2 * DOUBLING)
    before = rate.per_second
    assert not rate.slow_down(100.2, 0.01, 0.5, 0.0)
    assert not rate.is_held
    rate.slow_down_by(0.5, 100.2)
    assert rate.is_held
    assert before / 3 < rate.per_second < 0.5 * before


def test_a_count_of_accepted_requests_sets_it() -> None:
    rate = RequestRate()
    sent(rate, 100.0, 2 * DOUBLING)
    assert rate.set_to(20, 0.4, 100.5)
    assert rate.per_second == pytest.approx(50 * REST)
    assert not rate.set_to(2, 0.05, 101.0)
    assert rate.per_second == pytest.approx(40 * REST)


def held_at(per_second: float) -> RequestRate:
    rate = RequestRate()
    rate.slow_down_by(1.0, 99.0)
    rate.hold(per_second, 100.0)
    rate.is_steady = True
    return rate


def test_requests_accepted_between_two_overloads_set_it() -> None:
    rate = held_at(60.0)
    for _ in range(sent(rate, 100.0, 10.0) - 450):
        rate.rejected()
    assert rate.slow_down(110.0, 0.01, 0.2, 0.0)
    assert rate.per_second == pytest.approx(450 / 11 * REST, rel=0.02)


def test_requests_in_flight_do_not_count_as_accepted() -> None:
    rate = held_at(60.0)
    sent(rate, 100.0, 1.0)
    # A rejection takes a second to return, so nothing is known of the last second.
    assert not rate.slow_down(101.0, 1.0, 0.2, 0.0)


def test_stray_rejections_do_not_look_like_a_lower_limit() -> None:
    rate = held_at(60.0)
    count = sent(rate, 99.0, 11.0)
    for _ in range(count // 5):
        rate.rejected()
    rate.slow_down(110.0, 0.01, 0.25, 0.2)
    assert rate.per_second > 0.9 * count / 11


def test_it_does_not_grow_during_a_trial_but_soon_after() -> None:
    rate = held_at(50.0)
    rate.slow_down_by(0.01, 100.0)
    before = rate.per_second
    sent(rate, 100.0, 5.0)
    assert rate.per_second == before
    rate.is_steady = False
    sent(rate, 105.0, 20.0)
    assert rate.per_second > 2 * before


def test_an_endpoint_that_rejects_everything_still_gets_requests() -> None:
    rate = RequestRate()
    for second in range(20):
        rate.slow_down_by(1.0, 100.0 + second)
    assert rate.per_second >= 5.0


def test_with_a_limit_of_the_user_it_starts_fast() -> None:
    assert sent(RequestRate(quick=True), 100.0, 0.4) > 2 * sent(RequestRate(), 100.0, 0.4)


def test_with_a_limit_of_the_user_it_follows_quick_answers() -> None:
    """Waiting half a second for the clock would be most of the time of a short run."""
    quick = RequestRate(quick=True)
    in_flight = count = 0
    for tick in range(150):
        now = 100.0 + tick / 1000
        for _ in range(in_flight):
            quick.answered(now)
        in_flight = 0
        while in_flight < 100 and quick.wait(now) == 0:
            quick.take(now)
            in_flight += 1
        count += in_flight
        if quick.per_second == math.inf:
            break
    assert quick.per_second == math.inf
    assert count < 300


@pytest.mark.parametrize("quick", [True, False])
def test_answers_do_not_raise_a_rate_that_has_met_a_limit(quick: bool) -> None:
    rate = RequestRate(quick=quick)
    rate.hold(50.0, 100.0, limited=quick)
    rate.is_steady = not quick
    for _ in range(100):
        rate.answered(100.0)
    assert rate.per_second == 50.0


def test_a_raised_concurrency_is_not_used_all_at_once() -> None:
    rate = RequestRate()
    rate.hold(math.inf, 100.0)
    assert sent(rate, 100.0, 0.001) == 100_000
    rate = RequestRate()
    rate.hold(math.inf, 100.0)
    rate.measure_again(100.0)
    assert sent(rate, 100.0, 0.01) < 10
