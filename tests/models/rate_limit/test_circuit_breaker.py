"""Protects when an endpoint is taken for out of order, tried again and given up."""

from __future__ import annotations

from distilabel.models.rate_limit.circuit_breaker import (
    BREAK_AFTER,
    FIRST_PAUSE,
    LEAST_SECONDS,
    LONGEST_PAUSE,
    PATIENCE,
    PATIENCE_UNKNOWN,
    CircuitBreaker,
)


def failing(
    outage: CircuitBreaker,
    count: int,
    *,
    now: float = 0.0,
    first: int = 0,
    in_flight: int = 0,
    refused: bool = False,
    wait: float | None = None,
) -> float | None:
    pause = None
    for number in range(first, first + count):
        pause = outage.failed(number, number, in_flight, refused, wait, now)
    return pause


def test_ten_different_questions_in_a_row_are_an_outage() -> None:
    outage = CircuitBreaker(100)
    assert failing(outage, BREAK_AFTER - 1) is None
    assert failing(outage, 1, first=BREAK_AFTER) == FIRST_PAUSE
    assert outage.is_open
    assert outage.wait(0.0) == FIRST_PAUSE
    assert outage.wait(FIRST_PAUSE) == 0


def test_an_answer_in_between_is_none() -> None:
    outage = CircuitBreaker(100)
    failing(outage, BREAK_AFTER - 1)
    assert not outage.succeeded()
    failing(outage, BREAK_AFTER - 1)
    assert not outage.is_open


def test_while_many_are_out_that_may_be_answered_more_have_to_fail() -> None:
    outage = CircuitBreaker(100)
    failing(outage, 30, in_flight=50)
    assert not outage.is_open
    failing(outage, 20, first=30, in_flight=50)
    assert outage.is_open


def test_refusals_at_once_are_none_before_the_first_answers_could_be_there() -> None:
    outage = CircuitBreaker(100)
    failing(outage, 50, refused=True)
    assert not outage.is_open
    failing(outage, 1, first=50, refused=True, now=LEAST_SECONDS)
    assert outage.is_open


def test_with_few_in_flight_as_many_different_ones_are_enough() -> None:
    outage = CircuitBreaker(2)
    for number in range(BREAK_AFTER):
        outage.failed(number, number % 2, 0, False, None, 0.0)
    assert outage.is_open


def test_one_question_tries_and_pauses_grow_until_the_longest() -> None:
    outage = CircuitBreaker(100)
    failing(outage, BREAK_AFTER)
    now, pauses = 0.0, []
    for ticket in range(100, 110):
        seconds = outage.wait(now)
        assert seconds is not None
        now += seconds
        outage.sent(ticket)
        assert outage.wait(now) is None
        assert outage.failed(1, 1, 0, False, None, now) is None  # one that was out before
        pauses.append(outage.failed(ticket, ticket, 0, False, None, now))
    assert pauses[:3] == [2.0, 4.0, 8.0]
    assert pauses[-1] == LONGEST_PAUSE
    outage.sent(200)
    assert outage.succeeded()
    assert outage.wait(now) == 0


def test_a_wait_that_was_asked_for_is_kept() -> None:
    outage = CircuitBreaker(100)
    assert failing(outage, BREAK_AFTER, wait=60.0) == 60.0
    assert outage.wait(30.0) == 30.0


def test_a_stranger_is_given_up_sooner_than_one_that_answered() -> None:
    stranger, known, busy = CircuitBreaker(100), CircuitBreaker(100), CircuitBreaker(100)
    known.succeeded()
    failing(stranger, BREAK_AFTER, now=1.0)
    failing(known, BREAK_AFTER, now=1.0)
    failing(busy, BREAK_AFTER, now=1.0)
    failing(busy, 5, first=20, refused=True, now=2.0)
    busy._probe = 30
    busy.failed(30, 30, 0, True, None, 3.0)
    later = 2.0 + PATIENCE_UNKNOWN
    assert [o.is_hopeless(later) for o in (stranger, known, busy)] == [True, False, False]
    assert known.is_hopeless(2.0 + PATIENCE)
