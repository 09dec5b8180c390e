"""What a simulated server is told at its start and may be told later; knows nothing of the wire."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from distilabel._simulated.answers.answer import REASONING_FORMS
from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.batch_jobs.settings import BatchSettings

_CHANGEABLE = ("latency", "faults", "rate_limit", "capacity", "batches")

HEADERS = ("openai", "anthropic", "none")
"""Whose headers tell of the rate limit."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a simulated server behaves.

    Attributes:
        latency: How long each answer takes.
        faults: Which share of the answers goes wrong, and how.
        rate_limit: Requests per second, with bursts of as many; None for no limit.
        limit_headers: Whose headers tell of the rate limit, one of `HEADERS`.
        retry_after: Seconds that faults with status 429 and 503 ask to wait; None to ask for none.
        capacity: How many requests are worked on at a time, the others wait; None for any number.
        models: The ids that are served; empty to serve any id.
        api_key: The only key let in; None to let in everyone.
        replay: A JSON-lines file of recorded answers; None for simulated answers only.
        seed: The seed of all chance.
        price: US dollars for a million tokens in, and out, which replies then name; None for none.
        reasoning: How the reply shows the reasoning, one of `REASONING_FORMS`; None for none.
        refuses: Arguments that are refused, as models that reason refuse them: `max_tokens`
            always, any other one unless it is 1.
        batches: How batch jobs go.

    Raises:
        ValueError: The rate limit or the capacity is not above 0, the headers are nobody's, or the
            form of the reasoning is not known.
    """

    latency: Latency = field(default_factory=Latency)
    faults: Faults = field(default_factory=Faults.parse)
    rate_limit: float | None = None
    limit_headers: str = "openai"
    retry_after: float | None = None
    capacity: int | None = None
    models: tuple[str, ...] = ()
    api_key: str | None = field(default=None, repr=False)
    replay: Path | None = None
    seed: int = 0
    price: tuple[float, float] | None = None
    reasoning: str | None = None
    refuses: tuple[str, ...] = ()
    batches: BatchSettings = field(default_factory=BatchSettings)

    def __post_init__(self) -> None:
        limit = self.rate_limit
        if limit is not None and not (type(limit) in (int, float) and 0 < limit < math.inf):
            raise ValueError(f"the rate limit must be above 0 requests per second, not {limit!r}")
        capacity = self.capacity
        if capacity is not None and not (type(capacity) is int and capacity > 0):
            raise ValueError(f"the capacity must be above 0 requests at a time, not {capacity!r}")
        if self.limit_headers not in HEADERS:
            raise ValueError(f"limit headers are one of {', '.join(HEADERS)}")
        if self.reasoning is not None and self.reasoning not in REASONING_FORMS:
            raise ValueError(
                f"the reasoning {self.reasoning!r} is not one of {', '.join(REASONING_FORMS)}"
            )

    @staticmethod
    def price_from(text: str) -> tuple[float, float]:
        """Reads a price such as `0.15:0.6`.

        Raises:
            ValueError: The text has another form, or a number is negative or not finite.
        """
        try:
            read, written = map(float, text.split(":"))
        except ValueError:
            read = written = -1.0
        if not (0 <= read < math.inf and 0 <= written < math.inf):
            raise ValueError(f"price {text!r} is not understood: write IN:OUT, such as '0.15:0.6'")
        return read, written

    def changed(self, changes: object) -> "Settings":
        """Applies changes that came as JSON, spelled as on the command line.

        Args:
            changes: Any of `latency` (a text), `faults` (`["429=0.05"]` or `{"429": 0.05}`),
                `rate_limit` and `capacity` (a number, or None for no limit) and `batches` (an
                object); what is missing stays as it is.

        Returns:
            The settings with the changes.

        Raises:
            ValueError: A key or a value is not understood.
        """
        if not isinstance(changes, Mapping):
            raise ValueError(f"settings are an object with any of {', '.join(_CHANGEABLE)}")
        if unknown := sorted(set(changes) - set(_CHANGEABLE)):
            raise ValueError(f"setting {unknown[0]!r} is not one of {', '.join(_CHANGEABLE)}")
        parsed: dict[str, Any] = dict(changes)
        if "latency" in parsed:
            parsed["latency"] = Latency.parse(str(parsed["latency"]))
        if "faults" in parsed:
            faults = parsed["faults"]
            is_list = isinstance(faults, list) and all(isinstance(text, str) for text in faults)
            if not is_list and not isinstance(faults, Mapping):
                raise ValueError('faults are a list such as ["429=0.05"] or {"429": 0.05}')
            parsed["faults"] = Faults.parse(faults)
        if "batches" in parsed:
            parsed["batches"] = BatchSettings.of(parsed["batches"])
        return replace(self, **parsed)

    def changeable(self) -> dict[str, object]:
        """Gives the settings that `changed` takes, in its spelling."""
        return {
            "latency": str(self.latency),
            "faults": dict(self.faults.shares),
            "rate_limit": self.rate_limit,
            "batches": self.batches.as_dict(),
            "capacity": self.capacity,
        }
