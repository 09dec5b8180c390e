"""Protects that settings from text and JSON are checked."""

from typing import Any

import pytest

from distilabel._simulated.server.settings import Settings


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"limit_headers": "other"}, "openai, anthropic, none, not 'other'"),
        ({"reasoning": "aloud"}, "think_end, not 'aloud'"),
        ({"rate_limit": 0}, "rate limit must be above 0"),
        ({"rate_limit": float("inf")}, "rate limit must be above 0"),
        ({"capacity": 0.5}, "capacity must be above 0"),
    ],
)
def test_invalid_settings_are_an_error(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**fields)


def test_a_price_is_parsed_as_dollars_per_million_tokens() -> None:
    assert Settings.parse_price("0.15:0.6") == (0.15, 0.6)


@pytest.mark.parametrize("text", ["", "1", "1:2:3", "1:-2", "1:nan", "inf:1", "cheap"])
def test_an_invalid_price_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"0\.15:0\.6"):
        Settings.parse_price(text)


def test_an_update_leaves_all_other_settings_alone() -> None:
    before = Settings(seed=3, capacity=2, models=("m",))
    after = before.updated({"latency": "0.1", "capacity": None})
    assert (after.seed, after.models, after.capacity) == (3, ("m",), None)
    assert after.latency.low == 0.1
    assert before.capacity == 2


def test_an_update_accepts_what_the_settings_show() -> None:
    settings = Settings(rate_limit=5).updated({"faults": ["429=0.1"], "batches": {"done": 0.5}})
    assert Settings().updated(settings.changeable()) == settings
