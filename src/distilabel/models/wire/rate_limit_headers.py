"""Parses the rate limits in the headers of a reply, for all protocols."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Final, NamedTuple

from distilabel.models.wire.errors import parse_seconds

_WHATS: Final = ("limit", "remaining", "reset")
# Names of the headers: OpenAI's, which most endpoints use, Anthropic's, Mistral's and Together's.
_NAMES: Final = {
    kind: (
        tuple(f"x-ratelimit-{what}-{kind}" for what in _WHATS),
        tuple(f"anthropic-ratelimit-{kind}-{what}" for what in _WHATS),
        tuple(f"x-ratelimit-{what}-{short}-minute" for what in _WHATS),
        tuple(f"x-{of}-{what}" for what in _WHATS),
    )
    for kind, short, of in (("requests", "req", "ratelimit"), ("tokens", "tokens", "tokenlimit"))
}


class RateLimits(NamedTuple):
    """One rate limit of an endpoint.

    Attributes:
        kind: `requests` or `tokens`.
        limit: Number allowed when the quota is full.
        remaining: Number allowed now.
        reset: Seconds until the quota is full again.
    """

    kind: str
    limit: float
    remaining: float
    reset: float


def parse_rate_limits(headers: Mapping[str, str], age: float = 0.0) -> list[RateLimits]:
    """Returns the limits that have all three headers.

    Args:
        headers: Headers of a reply, looked up in lower case.
        age: Seconds since the request was sent, the moment that all numbers refer to.
    """
    found = []
    for kind, spellings in _NAMES.items():
        for limit, remaining, reset in spellings:
            text = headers.get(remaining)
            if text is None:
                continue
            try:
                numbers = float(headers.get(limit, "")), float(text)
            except ValueError:
                continue
            # Mistral does not say when its minute ends.
            unknown = "60" if reset.endswith("-minute") else ""
            seconds = _seconds(headers.get(reset, unknown), age)
            if seconds is not None and numbers[0] > 0 and all(map(isfinite, numbers)):
                found.append(RateLimits(kind, *numbers, seconds))
                break
    return found


def _seconds(text: str, age: float) -> float | None:
    """Parses a duration, or a time in the format of RFC 3339, as seconds."""
    seconds = parse_seconds(text)
    if seconds is not None:
        return seconds
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return max(0.0, age + (time - datetime.now(UTC)).total_seconds()) if time.tzinfo else None
