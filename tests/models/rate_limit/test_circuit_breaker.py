"""Protects when an outage is detected, how it is probed, and when it is given up."""

from __future__ import annotations

from distilabel.models.rate_limit.circuit_breaker import (
    BREAK_AFTER,
    DIFFERENT,
    FIRST_PAUSE,
    LEAST_SECONDS,
    LONGEST_PAUSE,
    PATIENCE,
    PATIENCE_UNKNOWN,
    CircuitBreaker,
)


def failing(
    breaker: CircuitBreaker,
    count: int,
    *,
    now: float = 0.0,
    first: int = 0,
    in_flight: int = 0,
    rejected: bool = False,
    wait: float | None = None,
) -> float | None:
    pause = None
    for number in range(first, first + count):
        pause = breaker.failed(number, number, in_flight, rejected, wait, now)
    return pause


def test_ten_failures_of_different_questions_open_it() -> None:
    breaker = CircuitBreaker(100)
    assert failing(breaker, BREAK_AFTER - 1) is None
    assert failing(breaker, 1, first=BREAK_AFTER) == FIRST_PAUSE
    assert breaker.is_open
    assert breaker.wait(0.0) == FIRST_PAUSE
    assert breaker.wait(FIRST_PAUSE) == 0


def test_an_answer_in_between_keeps_it_closed() -> None:
    breaker = CircuitBreaker(100)
    failing(breaker, BREAK_AFTER - 1)
    assert not breaker.succeeded()
    failing(breaker, BREAK_AFTER - 1)
    assert not breaker.is_open


def test_with_many_requests_in_flight_more_have_to_fail() -> None:
    breaker = CircuitBreaker(100)
    failing(breaker, 30, in_flight=50)
    assert not breaker.is_open
    failing(breaker, 20, first=30, in_flight=50)
    assert breaker.is_open


def test_rejections_do_not_open_it_before_the_first_answers_can_arrive() -> None:
    breaker = CircuitBreaker(100)
    failing(breaker, 50, rejected=True)
    assert not breaker.is_open
    failing(breaker, 1, first=50, rejected=True, now=LEAST_SECONDS)
    assert breaker.is_open


def test_with_few_in_flight_as_many_different_questions_are_enough() -> None:
    breaker = CircuitBreaker(2)
    for number in range(BREAK_AFTER):
        breaker.failed(number, number % 2, 0, False, None, 0.0)
    assert breaker.is_open


def test_a_few_questions_that_fail_again_and_again_are_no_outage() -> None:
    breaker = CircuitBreaker(100)
    for number in range(10 * BREAK_AFTER):
        assert breaker.failed(number, number % (DIFFERENT - 1), 0, False, None, 0.0) is None
    assert breaker.failed(1000, "another", 0, False, None, 0.0) == FIRST_PAUSE


def test_a_second_outage_begins_with_a_short_pause_again() -> None:
    breaker = CircuitBreaker(100)
    failing(breaker, BREAK_AFTER)
    for number in range(100, 105):
        breaker.sent(number)
        breaker.failed(number, number, 0, False, None, 100.0)
    breaker.sent(200)
    assert breaker.succeeded()
    assert failing(breaker, BREAK_AFTER, first=300, now=500.0) == FIRST_PAUSE


def test_a_probe_that_says_nothing_lets_another_one_go() -> None:
    breaker = CircuitBreaker(100)
    failing(breaker, BREAK_AFTER)
    breaker.sent(100)
    assert breaker.wait(100.0) is None
    breaker.ignored(99)
    assert breaker.wait(100.0) is None
    breaker.ignored(100)
    assert breaker.wait(100.0) == 0


def test_one_request_probes_and_pauses_double_up_to_the_longest() -> None:
    breaker = CircuitBreaker(100)
    failing(breaker, BREAK_AFTER)
    now, pauses = 0.0, []
    for number in range(100, 110):
        seconds = breaker.wait(now)
        assert seconds is not None
        now += seconds
        breaker.sent(number)
        assert breaker.wait(now) is None
        assert breaker.failed(1, 1, 0, False, None, now) is None  # it was sent before
        pauses.append(breaker.failed(number, number, 0, False, None, now))
    assert pauses[:3] == [2.0, 4.0, 8.0]
    assert pauses[-1] == LONGEST_PAUSE
    breaker.sent(200)
    assert breaker.succeeded()
    assert breaker.wait(now) == 0


def test_a_wait_that_the_endpoint_asks_for_is_respected() -> None:
    breaker = CircuitBreaker(100)
    assert failing(breaker, BREAK_AFTER, wait=60.0) == 60.0
    assert breaker.wait(30.0) == 30.0


def test_an_endpoint_that_never_answered_is_given_up_sooner() -> None:
    unknown, known, busy = CircuitBreaker(100), CircuitBreaker(100), CircuitBreaker(100)
    known.succeeded()
    failing(unknown, BREAK_AFTER, now=1.0)
    failing(known, BREAK_AFTER, now=1.0)
    failing(busy, BREAK_AFTER, now=1.0)
    failing(busy, 5, first=20, rejected=True, now=2.0)
    busy._probe = 30
    busy.failed(30, 30, 0, True, None, 3.0)
    later = 2.0 + PATIENCE_UNKNOWN
    assert [o.is_hopeless(later) for o in (unknown, known, busy)] == [True, False, False]
    assert known.is_hopeless(2.0 + PATIENCE)
