"""Protects reading what endpoints tell of their limits. No network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from distilabel.models.wire.rate_limit_headers import RateLimits, parse_rate_limits

OPENAI = {
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-remaining-requests": "4998",
    "x-ratelimit-reset-requests": "24ms",
    "x-ratelimit-limit-tokens": "800000",
    "x-ratelimit-remaining-tokens": "1200",
    "x-ratelimit-reset-tokens": "1m2.5s",
}


def test_openais_headers_are_read() -> None:
    assert parse_rate_limits(OPENAI) == [
        RateLimits("requests", 5000, 4998, 0.024),
        RateLimits("tokens", 800000, 1200, 62.5),
    ]


def test_anthropics_headers_are_read_with_their_times() -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    (told,) = parse_rate_limits(
        {
            "anthropic-ratelimit-tokens-limit": "1000",
            "anthropic-ratelimit-tokens-remaining": "0",
            "anthropic-ratelimit-tokens-reset": reset,
        }
    )
    assert (told.kind, told.limit, told.remaining) == ("tokens", 1000, 0)
    assert told.reset == pytest.approx(30, abs=5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "many"),
        ("limit", "inf"),
        ("remaining", "nan"),
        ("remaining", ""),
        ("reset", "soon"),
    ],
)
def test_what_is_not_told_in_full_is_left_aside(name: str, value: str) -> None:
    headers = {**OPENAI, f"x-ratelimit-{name}-requests": value}
    assert [told.kind for told in parse_rate_limits(headers)] == ["tokens"]


def test_other_headers_tell_nothing() -> None:
    assert parse_rate_limits({"content-type": "application/json"}) == []


def test_limits_of_mistral_and_together_are_read() -> None:
    mistral = {"x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": "59"}
    assert parse_rate_limits(mistral) == [RateLimits("requests", 60, 59, 60)]
    together = {f"x-tokenlimit-{what}": "5" for what in ("limit", "remaining", "reset")}
    assert parse_rate_limits(together) == [RateLimits("tokens", 5, 5, 5)]
