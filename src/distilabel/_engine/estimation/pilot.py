"""The pilot: which rows a run of a few rows takes, and what each of them took in each step."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from distilabel._core.events import Event, ResponseReceived, RowsProcessed, UnusableResponse
from distilabel._core.row_context import current_row
from distilabel.models.accounting.prices import Price, Usage

# To reach a row of a source, all rows before it have to be read.
_READ_AT_MOST: Final = 20_000


def picked(sample: int, rows: int) -> tuple[int, ...]:
    """Ordinals spread over the rows of a source: one by chance of each of `sample` equal parts.

    Args:
        sample: how many.
        rows: of the source.
    """
    rows = min(rows, _READ_AT_MOST)
    if sample >= rows:
        return tuple(range(rows))
    chance = random.Random(0)
    ends = [i * rows // sample for i in range(sample + 1)]
    return tuple(chance.randrange(start, end) for start, end in pairwise(ends))


@dataclass
class Took:
    """What one row, or one question, took.

    Attributes:
        calls: questions.
        input_tokens: of the questions.
        output_tokens: of the answers.
        cost: US dollars, as far as prices are known.
    """

    calls: float = 0.0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    cost: float = 0.0

    def __iadd__(self, other: Took) -> Took:
        self.calls += other.calls
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost += other.cost
        return self


@dataclass
class Seen:
    """What was seen of one step.

    Attributes:
        by_row: ordinal of a row → what it took.
        loose: questions of no row in particular, one by one.
        unpriced: whether the price of an answer is not known.
        latencies: seconds that answers took which were asked now.
    """

    by_row: dict[int, Took] = field(default_factory=dict)
    loose: list[Took] = field(default_factory=list)
    unpriced: bool = False
    latencies: list[float] = field(default_factory=list)

    def per_row(self, rows: int) -> list[Took]:
        """What each of the rows took; the questions of nobody are dealt out among them.

        Args:
            rows: that were sampled.
        """
        dealt = [Took() for _ in range(rows)]
        for row, took in self.by_row.items():
            # Behind a step that saw all rows at once there may be more of them.
            dealt[row % rows] += took
        chance = random.Random(0)
        # Where there are as many for each row it is its own; else, who knows whose.
        evenly = sum(took.calls for took in self.loose) % rows == 0
        for number, took in enumerate(self.loose):
            dealt[number % rows if evenly else chance.randrange(rows)] += took
        return dealt


class Pilot:
    """Takes note of what each row takes in each step; a listener.

    Args:
        prices: name of a step → the price of its model's answers.
        descendants: name of a step → the steps that its rows may reach.
        job_shares: name of a step whose questions will go in batch jobs → the share of the price
            that they cost there; the pilot asks them at once.
    """

    wants = (ResponseReceived, UnusableResponse, RowsProcessed)

    def __init__(
        self,
        prices: dict[str, Price],
        descendants: Callable[[str], Collection[str]],
        job_shares: dict[str, float] | None = None,
    ) -> None:
        self.job_shares = job_shares or {}
        self._prices = prices
        self._descendants = descendants
        # Steps whose rows were made of nobody knows which.
        self._blurred: set[str] = set()
        self.steps: dict[str, Seen] = {name: Seen() for name in prices}

    def __call__(self, event: Event) -> None:
        """Notes one reply."""
        if (
            isinstance(event, RowsProcessed)
            and event.taken - 1 == event.dropped > 0 < event.created
        ):
            # New rows of a batch count as made of its first one.
            self._blurred.update(self._descendants(event.step))
        if not isinstance(event, (ResponseReceived, UnusableResponse)):
            return
        if isinstance(event, UnusableResponse) and event.lost:
            return
        seen = self.steps[event.step]
        took = Took(0.0, event.input_tokens, event.output_tokens)
        cost = event.cost
        if isinstance(event, ResponseReceived):
            took.calls = 1.0
            if event.reused and cost is None:
                usage = Usage(event.input_tokens, event.output_tokens, event.cached_tokens)
                cost = self._prices[event.step](usage)
            elif not event.reused:
                seen.latencies.append(event.seconds)
        seen.unpriced |= cost is None
        took.cost = (cost or 0.0) * self.job_shares.get(event.step, 1.0)
        key = current_row.get()
        if key is None or event.step in self._blurred:
            seen.loose.append(took)
        else:
            so_far = seen.by_row.setdefault(key[0], Took())
            so_far += took
