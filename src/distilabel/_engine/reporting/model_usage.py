"""Costs: what each model took, counted by model, and money in words. Knows no step and no run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from distilabel._core.events import ResponseReceived, UnusableResponse


@dataclass
class ModelUsage:
    """Counts of one model, in one step or in several.

    Attributes:
        answered: answers that were asked for and came.
        reused: answers that were stored already; they cost nothing.
        wasted: replies that took tokens and were no answers.
        lost: replies that did not arrive, or could not be read at all.
        input_tokens: tokens of the questions, cached and wasted ones among them.
        cached_tokens: those of them that the provider had read before, where it says so.
        output_tokens: tokens of the replies.
        known_cost: US dollars of the replies whose price is known.
        unpriced: replies whose price is not known.
        lost_cost: US dollars that lost replies can have cost at most.
    """

    answered: int = 0
    reused: int = 0
    wasted: int = 0
    lost: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    known_cost: float = 0.0
    unpriced: int = 0
    lost_cost: float = 0.0

    @property
    def cost(self) -> float | None:
        """US dollars of all replies; None if a price is not known."""
        return None if self.unpriced else self.known_cost

    @property
    def is_charged(self) -> bool:
        """Whether anything came that takes money."""
        return bool(self.answered or self.wasted)

    def count(self, event: ResponseReceived | UnusableResponse) -> None:
        """Counts one reply."""
        if isinstance(event, ResponseReceived) and event.reused:
            self.reused += 1
            return
        if isinstance(event, UnusableResponse) and event.lost:
            self.lost += 1
            self.lost_cost += event.cost or 0.0
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
        """The counts as JSON-like data."""
        return {**asdict(self), "cost": self.cost}


def together(tallies: Iterable[ModelUsage]) -> ModelUsage:
    """The counts of several, added up."""
    total = ModelUsage()
    for stats in tallies:
        for each in fields(ModelUsage):
            setattr(total, each.name, getattr(total, each.name) + getattr(stats, each.name))
    return total


def money(cost: float | None) -> str:
    """US dollars for people; an unknown price is said to be unknown."""
    if cost is None:
        return "unknown"
    if cost >= 1 or cost == 0:
        return f"${cost:,.2f}"
    return f"${cost:.4f}" if cost >= 0.001 else f"${cost:.6f}"


def priced(stats: ModelUsage, unknown: str = "unknown") -> str:
    """What a model cost, for people: what is known, and that something is not.

    Args:
        stats: of the model.
        unknown: what to call the rest.
    """
    if not stats.unpriced:
        return money(stats.known_cost)
    return f"{money(stats.known_cost)} + {unknown}" if stats.known_cost else unknown


def bill_of(models: dict[str, ModelUsage]) -> str:
    """What several models cost, for people, such as `$1.20 + unknown for my-model`."""
    total = together(models.values())
    unknown = [name for name, stats in models.items() if stats.unpriced]
    return priced(total, f"unknown for {', '.join(unknown)}")
