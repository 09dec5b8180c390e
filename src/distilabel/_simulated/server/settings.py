"""`Settings`: settings of the simulated server, some of which can change while it runs."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from distilabel._simulated.answers.answer import REASONING_FORMS
from distilabel._simulated.answers.faults import Faults
from distilabel._simulated.answers.latency import Latency
from distilabel._simulated.server.batch_jobs.settings import BatchSettings
from distilabel._simulated.server.rate_limit import HEADER_STYLES

_CHANGEABLE = ("latency", "faults", "rate_limit", "capacity", "batches")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a simulated server.

    Attributes:
        latency: Distribution of the time that an answer takes.
        faults: Shares of the requests that fail.
        rate_limit: Requests per second, with bursts of as many; None for no limit.
        limit_headers: Style of the rate limit headers, one of `HEADER_STYLES`.
        retry_after: `Retry-After` in seconds of the faults 429 and 503; None for no header.
        capacity: Number of requests processed at once, while the others wait; None for no limit.
        models: Ids of the models that are served; empty to serve any id.
        api_key: The only API key that is accepted; None to accept any.
        replay: JSON Lines file of recorded answers; None for none.
        seed: Seed of the answers, the latencies and the faults.
        price: US dollars per million input and output tokens, from which responses report their
            cost; None for no cost.
        reasoning: How responses show reasoning, one of `REASONING_FORMS`; None for no reasoning.
        refuses: Arguments that are rejected with status 400, as reasoning models do: `max_tokens`
            always, any other unless its value is 1.
        batches: Settings of batch jobs.

    Raises:
        ValueError: The rate limit or the capacity is not positive, or `limit_headers` or
            `reasoning` is not one of its values.
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
            raise ValueError(f"rate limit must be above 0 requests per second, not {limit!r}")
        capacity = self.capacity
        if capacity is not None and not (type(capacity) is int and capacity > 0):
            raise ValueError(f"capacity must be above 0 requests at once, not {capacity!r}")
        if self.limit_headers not in HEADER_STYLES:
            raise ValueError(
                f"limit headers must be one of {', '.join(HEADER_STYLES)}, "
                f"not {self.limit_headers!r}"
            )
        if self.reasoning is not None and self.reasoning not in REASONING_FORMS:
            raise ValueError(
                f"reasoning must be one of {', '.join(REASONING_FORMS)}, not {self.reasoning!r}"
            )

    @staticmethod
    def parse_price(text: str) -> tuple[float, float]:
        """Parses a price such as `0.15:0.6`.

        Returns:
            US dollars per million input tokens and per million output tokens.

        Raises:
            ValueError: The text has another form, or a number is negative or not finite.
        """
        try:
            of_input, of_output = map(float, text.split(":"))
        except ValueError:
            of_input = of_output = -1.0
        if not (0 <= of_input < math.inf and 0 <= of_output < math.inf):
            raise ValueError(f"invalid price {text!r}: write IN:OUT, such as '0.15:0.6'")
        return of_input, of_output

    def updated(self, changes: object) -> "Settings":
        """Returns the settings with changes from JSON, written as on the command line.

        Args:
            changes: Object with any of `latency` (text), `faults` (`["429=0.05"]` or
                `{"429": 0.05}`), `rate_limit` and `capacity` (a number, or None for no limit) and
                `batches` (object). Other settings keep their values.

        Raises:
            ValueError: A key or a value is not valid.
        """
        if not isinstance(changes, Mapping):
            raise ValueError(f"settings must be an object with any of {', '.join(_CHANGEABLE)}")
        if unknown := sorted(set(changes) - set(_CHANGEABLE)):
            raise ValueError(f"unknown setting {unknown[0]!r}: use {', '.join(_CHANGEABLE)}")
        parsed: dict[str, Any] = dict(changes)
        if "latency" in parsed:
            parsed["latency"] = Latency.parse(str(parsed["latency"]))
        if "faults" in parsed:
            faults = parsed["faults"]
            is_list = isinstance(faults, list) and all(isinstance(text, str) for text in faults)
            if not is_list and not isinstance(faults, Mapping):
                raise ValueError('faults must be a list such as ["429=0.05"] or {"429": 0.05}')
            parsed["faults"] = Faults.parse(faults)
        if "batches" in parsed:
            parsed["batches"] = BatchSettings.from_dict(parsed["batches"])
        return replace(self, **parsed)

    def changeable(self) -> dict[str, object]:
        """Returns the settings that `updated` accepts, in the form that it accepts."""
        return {
            "latency": str(self.latency),
            "faults": dict(self.faults.shares),
            "rate_limit": self.rate_limit,
            "batches": asdict(self.batches),
            "capacity": self.capacity,
        }
