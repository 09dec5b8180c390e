"""Protects when requests are admitted, and what the headers report."""

from datetime import datetime

import pytest

from distilabel._simulated.server.rate_limit import RateLimit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_of_one_second_is_admitted_then_one_request_at_a_time() -> None:
    clock = Clock()
    limit = RateLimit(5, "openai", clock)
    assert [limit.acquire() for _ in range(5)] == [0.0] * 5
    assert limit.acquire() == pytest.approx(0.2)
    # A rejected request uses nothing up.
    assert limit.acquire() == pytest.approx(0.2)
    clock.now += 0.2
    assert (limit.acquire(), limit.acquire() > 0) == (0.0, True)


def test_a_rate_below_one_admits_one_request() -> None:
    clock = Clock()
    limit = RateLimit(0.5, "openai", clock)
    assert limit.acquire() == 0.0
    assert limit.acquire() == pytest.approx(2.0)


def test_the_headers_report_what_is_left_after_the_last_request() -> None:
    limit = RateLimit(5, "openai", Clock())
    limit.acquire()
    assert limit.headers() == {
        "x-ratelimit-limit-requests": "5",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "0.200s",
    }


def test_the_headers_of_anthropic_have_a_time_of_reset() -> None:
    limit = RateLimit(5, "anthropic", Clock())
    limit.acquire()
    headers = limit.headers()
    assert headers["anthropic-ratelimit-requests-remaining"] == "4"
    assert datetime.fromisoformat(headers["anthropic-ratelimit-requests-reset"]).tzinfo


def test_without_a_limit_or_a_style_there_are_no_headers() -> None:
    assert RateLimit(None, "openai").headers() == {}
    assert RateLimit(None, "openai").acquire() == 0.0
    assert RateLimit(5, "none").headers() == {}
