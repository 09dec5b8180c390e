"""Protects the arithmetic of the pace; the time is given, so that nothing is waited for."""

from __future__ import annotations

import pytest

from distilabel.models.pace import GUESS, Pace


def sent(pace: Pace, seconds: float, start: float = 100.0, step: float = 0.01) -> int:
    """How many questions go in a time, if there are always some to ask."""
    count = 0
    for tick in range(int(seconds / step)):
        now = start + tick * step
        while pace.wait(now) == 0 and count < 100_000:
            pace.take(now)
            count += 1
    return count


def test_without_limits_nothing_waits() -> None:
    pace = Pace(None, None)
    assert pace.wait(1.0) == 0
    pace.take(1.0)
    assert pace.wait(1.0) == 0


def test_requests_go_at_the_pace_of_the_user_after_a_seconds_worth() -> None:
    assert sent(Pace(600, None), 30) == pytest.approx(10 + 300, abs=2)


def test_less_than_one_request_a_second_is_possible() -> None:
    pace = Pace(30, None)
    pace.take(100.0)
    assert pace.wait(100.0) == pytest.approx(2.0)
    assert pace.wait(102.0) == 0


def test_waiting_as_long_as_was_said_is_enough() -> None:
    pace = Pace(7, None)
    now = 100.0
    for _ in range(1000):
        pace.take(now)
        now += pace.wait(now)
        assert pace.wait(now) == 0


def test_tokens_are_set_aside_before_they_are_known() -> None:
    pace = Pace(None, 60_000)
    assert pace.take(100.0) == GUESS
    pace.take(100.0)
    assert pace.wait(100.0) > 0
    pace.spend(0, GUESS, 100.0)  # no answer: they are given back
    assert pace.wait(100.0) == 0


def test_tokens_spent_beyond_the_limit_are_waited_for() -> None:
    pace = Pace(None, 60_000)
    reserved = pace.take(100.0)
    pace.spend(11_000, reserved, 100.0)
    assert pace.wait(100.0) == pytest.approx(10.0, abs=0.01)
