"""Protects reading what endpoints tell of their limits. No network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from distilabel.models.wire.limits import Told, limits_in

OPENAI = {
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-remaining-requests": "4998",
    "x-ratelimit-reset-requests": "24ms",
    "x-ratelimit-limit-tokens": "800000",
    "x-ratelimit-remaining-tokens": "1200",
    "x-ratelimit-reset-tokens": "1m2.5s",
}


def test_openais_headers_are_read() -> None:
    assert limits_in(OPENAI) == [
        Told("requests", 5000, 4998, 0.024),
        Told("tokens", 800000, 1200, 62.5),
    ]


def test_anthropics_headers_are_read_with_their_times() -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    (told,) = limits_in(
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
    [("limit", "0"), ("limit", "many"), ("remaining", ""), ("reset", "soon")],
)
def test_what_is_not_told_in_full_is_left_aside(name: str, value: str) -> None:
    headers = {**OPENAI, f"x-ratelimit-{name}-requests": value}
    assert [told.kind for told in limits_in(headers)] == ["tokens"]


def test_other_headers_tell_nothing() -> None:
    assert limits_in({"content-type": "application/json"}) == []
