"""Counts tokens and money per model, from response events. Knows no step and no run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from distilabel._core.events import ResponseReceived, UnusableResponse
from distilabel._engine.reporting.formatting import format_money


@dataclass
class ModelUsage:
    """The usage of one model, in one step or in several.

    Attributes:
        answered: Answers that were received from the model.
        reused: Answers that came from the answer store; they cost nothing.
        wasted: Responses that used tokens and held no answer.
        lost: Responses that never arrived or could not be read, with those that were given up.
        given_up: Responses that were not waited for, after a time limit or Ctrl-C.
        input_tokens: Tokens of the requests, including cached and wasted ones.
        cached_tokens: Input tokens that the provider had cached, where it reports them.
        output_tokens: Tokens of the responses.
        known_cost: US dollars of the responses whose price is known.
        unpriced: Responses whose price, or whose most possible price, is unknown.
        lost_cost: US dollars that lost responses cost at most.
    """

    answered: int = 0
    reused: int = 0
    wasted: int = 0
    lost: int = 0
    given_up: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    known_cost: float = 0.0
    unpriced: int = 0
    lost_cost: float = 0.0

    @property
    def cost(self) -> float | None:
        """US dollars of all responses, at most; None if a price is unknown."""
        return None if self.unpriced else self.most_known_cost

    @property
    def most_known_cost(self) -> float:
        """US dollars of the responses whose price is known; lost ones count with the most."""
        return self.known_cost + self.lost_cost

    @property
    def is_charged(self) -> bool:
        """True if the provider charges, or may charge, for at least one response."""
        return bool(self.answered or self.wasted or self.lost)

    def count(self, event: ResponseReceived | UnusableResponse) -> None:
        """Counts one response."""
        if isinstance(event, ResponseReceived) and event.reused:
            self.reused += 1
            return
        if isinstance(event, UnusableResponse) and event.lost:
            self.lost += 1
            self.given_up += event.given_up
            self.lost_cost += event.cost or 0.0
            self.unpriced += event.cost is None
            return
        if isinstance(event, ResponseReceived):
            self.answered += 1
        else:
            self.wasted += 1
        self.input_tokens += event.input_tokens
        self.cached_tokens += event.cached_tokens
        self.output_tokens += event.output_tokens
        if event.cost is None:
            self.unpriced += 1
        else:
            self.known_cost += event.cost

    def to_dict(self) -> dict[str, Any]:
        """Returns the counts as JSON-like data."""
        return {**asdict(self), "cost": self.cost}


def total_usage(usages: Iterable[ModelUsage]) -> ModelUsage:
    """Adds up usages."""
    total = ModelUsage()
    for usage in usages:
        for each in fields(ModelUsage):
            setattr(total, each.name, getattr(total, each.name) + getattr(usage, each.name))
    return total


def format_cost(usage: ModelUsage, unknown: str = "unknown") -> str:
    """Formats what a model cost: the known part, and whether a part is unknown.

    Args:
        usage: Usage of the model.
        unknown: Text for the unknown part.
    """
    known = usage.most_known_cost
    if not usage.unpriced:
        return format_money(known)
    return f"{format_money(known)} + {unknown}" if known else unknown


def format_total_cost(models: dict[str, ModelUsage]) -> str:
    """Formats what several models cost, such as `$1.20 + unknown for my-model`."""
    unknown = [name for name, usage in models.items() if usage.unpriced]
    return format_cost(total_usage(models.values()), f"unknown for {', '.join(unknown)}")
