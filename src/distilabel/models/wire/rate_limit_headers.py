"""What the headers of a reply tell about the limits of an endpoint, whatever the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from distilabel.models.wire.errors import seconds_in

# Where each number stands: OpenAI's way, which most follow, and Anthropic's.
_NAMES: Final = {
    kind: (
        tuple(f"x-ratelimit-{what}-{kind}" for what in ("limit", "remaining", "reset")),
        tuple(f"anthropic-ratelimit-{kind}-{what}" for what in ("limit", "remaining", "reset")),
    )
    for kind in ("requests", "tokens")
}


class RateLimits(NamedTuple):
    """What an endpoint says of one of its limits.

    Attributes:
        kind: `requests` or `tokens`.
        limit: how many it allows when none was used lately.
        remaining: how many it allows now.
        reset: seconds until it allows `limit` again.
    """

    kind: str
    limit: float
    remaining: float
    reset: float


def parse_rate_limits(headers: Mapping[str, str], age: float = 0.0) -> list[RateLimits]:
    """Reads the limits that headers tell; those that are told in full.

    Args:
        headers: of a reply, whose names are looked up in lower case.
        age: seconds since the question was asked, which is when all numbers are from; a time of day
            that is told is that much farther off from there.
    """
    told = []
    for kind, spellings in _NAMES.items():
        for limit, remaining, reset in spellings:
            text = headers.get(remaining)
            if text is None:
                continue
            try:
                numbers = float(headers.get(limit, "")), float(text)
            except ValueError:
                continue
            seconds = _seconds(headers.get(reset, ""), age)
            if seconds is not None and numbers[0] > 0:
                told.append(RateLimits(kind, *numbers, seconds))
                break
    return told


def _seconds(text: str, age: float) -> float | None:
    """Seconds of a duration, or until a time as RFC 3339 writes it."""
    seconds = seconds_in(text)
    if seconds is not None:
        return seconds
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return max(0.0, age + (time - datetime.now(UTC)).total_seconds()) if time.tzinfo else None
