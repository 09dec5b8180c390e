"""The scenarios of the rate limiter: an endpoint, what happens to it, and the expected result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# What is done to the endpoint: new settings, or it is ended, or started again.
END = "end"
START = "start"


@dataclass(frozen=True)
class Scenario:
    """One run of a pipeline against an endpoint.

    Attributes:
        name: also of its plot.
        rows: questions.
        settings: of the endpoint at its start.
        changes: what is done to the endpoint, by seconds since the first question.
        model: fields of the model.
        ideal: seconds that the rows must take at least, from their number; None for no such thing.
        most_refused: the share of refused questions that is too much.
        most_wall: the most that the time may be, as a multiple of the ideal or of the raw loop's.
        against_raw: whether the raw loop that asks again by itself is run as well.
    """

    name: str
    rows: int
    settings: dict[str, Any]
    changes: tuple[tuple[float, Any], ...] = ()
    model: dict[str, Any] = field(default_factory=dict)
    ideal: Callable[[int], float] | None = None
    most_refused: float | None = None
    most_wall: float | None = None
    against_raw: bool = False


def _at(rate: float) -> Callable[[int], float]:
    """Returns the time at a limit, with a burst of one second."""
    return lambda rows: max(0.0, rows - rate) / rate + 0.2


_FAST = {"latency": "0.2", "limit_headers": "none"}

SCENARIOS = (
    Scenario(
        "limit-50",
        1000,
        {**_FAST, "rate_limit": 50},
        ideal=_at(50),
        most_refused=0.02,
        most_wall=1.10,
    ),
    Scenario(
        "limit-100",
        2000,
        {**_FAST, "rate_limit": 100},
        ideal=_at(100),
        most_refused=0.02,
        most_wall=1.10,
    ),
    Scenario(
        "limit-moves",
        2000,
        {**_FAST, "rate_limit": 50},
        ((20, {"rate_limit": 10}), (40, {"rate_limit": 50})),
        ideal=lambda rows: 40.0 + (rows - 1250.0) / 50,
        most_refused=0.03,
        most_wall=1.15,
    ),
    Scenario(
        "headers-openai",
        1000,
        {**_FAST, "rate_limit": 50, "limit_headers": "openai"},
        ideal=_at(50),
        most_refused=0.002,
        most_wall=1.10,
    ),
    Scenario(
        "headers-anthropic",
        1000,
        {**_FAST, "rate_limit": 50, "limit_headers": "anthropic"},
        ideal=_at(50),
        most_refused=0.002,
        most_wall=1.10,
    ),
    Scenario(
        "down-503",
        3000,
        {"latency": "0.2"},
        ((3, {"faults": {"503": 1.0}}), (33, {"faults": {}})),
        model={"max_concurrency": 50},
        ideal=lambda rows: 30.0 + rows / 250,
        most_wall=1.35,
    ),
    Scenario(
        "down-nobody-there",
        3000,
        {"latency": "0.2"},
        ((3, END), (33, START)),
        model={"max_concurrency": 50},
        ideal=lambda rows: 30.0 + rows / 250,
        most_wall=1.35,
    ),
    Scenario(
        "faults",
        2000,
        {
            "latency": "0.2",
            "faults": {"429": 0.05, "500": 0.02, "drop": 0.01},
            "retry_after": 1.0,
        },
        model={"max_concurrency": 100},
        most_wall=1.3,
        against_raw=True,
    ),
    Scenario(
        "malformed",
        2000,
        {"latency": "0.2", "faults": {"malformed": 0.01}},
        model={"max_concurrency": 100},
        most_wall=1.3,
        against_raw=True,
    ),
    Scenario(
        "queue",
        7000,
        {"latency": "0.2", "capacity": 16},
        ((25, {"capacity": 64}), (45, {"capacity": 16})),
        # 80 a second for 25 s, then 320.
        ideal=lambda rows: 25.0 + (rows - 2000) / 320,
    ),
    Scenario(
        "users-limit",
        200,
        {"latency": "0.2"},
        model={"requests_per_minute": 600},
        ideal=lambda rows: (rows - 10) / 10 + 0.2,
        most_refused=0.0,
        most_wall=1.10,
    ),
)
