"""The pilot: picks the rows of a sample, and records the usage of each row in each step."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from distilabel._core.events import Event, ResponseReceived, RowsProcessed, UnusableResponse
from distilabel._core.row_context import current_row
from distilabel.models.accounting.prices import Price, Usage

# To reach a row of a source, all rows before it must be read.
_MAX_READ: Final = 20_000


def pick_rows(sample: int, rows: int) -> tuple[int, ...]:
    """Picks rows from all over a source: a random one from each of `sample` equal parts.

    Args:
        sample: Number of rows to pick.
        rows: Number of rows of the source.

    Returns:
        Their ordinals, ascending; the same on every call.
    """
    rows = min(rows, _MAX_READ)
    if sample >= rows:
        return tuple(range(rows))
    chance = random.Random(0)
    ends = [i * rows // sample for i in range(sample + 1)]
    return tuple(chance.randrange(start, end) for start, end in pairwise(ends))


@dataclass
class Consumption:
    """What one row, or one request, used.

    Attributes:
        calls: Answers.
        input_tokens: Tokens of the prompts.
        output_tokens: Tokens of the answers.
        cost: US dollars; 0 where the price is unknown.
    """

    calls: float = 0.0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    cost: float = 0.0

    def __iadd__(self, other: Consumption) -> Consumption:
        self.calls += other.calls
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost += other.cost
        return self


@dataclass
class StepSample:
    """What one step used in the pilot.

    Attributes:
        by_row: Ordinal of a source row → what it used.
        unassigned: What requests used that cannot be assigned to a row.
        unpriced: Whether the price of an answer is unknown.
        latencies: Seconds of the answers that were not stored before.
    """

    by_row: dict[int, Consumption] = field(default_factory=dict)
    unassigned: list[Consumption] = field(default_factory=list)
    unpriced: bool = False
    latencies: list[float] = field(default_factory=list)

    def per_row(self, rows: int) -> list[Consumption]:
        """Returns what each row used; requests without a row are distributed among all rows.

        Args:
            rows: Number of rows in the sample.
        """
        used = [Consumption() for _ in range(rows)]
        for row, consumption in self.by_row.items():
            # After a global step there may be more rows than in the sample.
            used[row % rows] += consumption
        chance = random.Random(0)
        # If the number is the same for each row, they are dealt out in turn; otherwise at random.
        evenly = sum(consumption.calls for consumption in self.unassigned) % rows == 0
        for number, consumption in enumerate(self.unassigned):
            used[number % rows if evenly else chance.randrange(rows)] += consumption
        return used


class Pilot:
    """Listens to the events of a pilot and records what each row uses in each step.

    Args:
        prices: Name of a step → the price of its model's answers.
        descendants: Returns the names of the steps that rows of a step may reach.
        job_shares: Name of a step that will use batch jobs → the share of the price that it pays
            there. The pilot itself sends single requests.

    Attributes:
        steps: Name of a step → what it used.
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
        # Steps whose rows can no longer be traced to source rows.
        self._untraceable: set[str] = set()
        self.steps: dict[str, StepSample] = {name: StepSample() for name in prices}

    def __call__(self, event: Event) -> None:
        """Records one event."""
        if (
            isinstance(event, RowsProcessed)
            and event.taken - 1 == event.dropped > 0 < event.created
        ):
            # A batch of new rows counts as made of its first row.
            self._untraceable.update(self._descendants(event.step))
        if not isinstance(event, (ResponseReceived, UnusableResponse)):
            return
        if isinstance(event, UnusableResponse) and event.lost:
            return
        sample = self.steps[event.step]
        used = Consumption(0.0, event.input_tokens, event.output_tokens)
        cost = event.cost
        if isinstance(event, ResponseReceived):
            used.calls = 1.0
            if event.reused and cost is None:
                usage = Usage(event.input_tokens, event.output_tokens, event.cached_tokens)
                cost = self._prices[event.step](usage)
            elif not event.reused:
                sample.latencies.append(event.seconds)
        sample.unpriced |= cost is None
        used.cost = (cost or 0.0) * self.job_shares.get(event.step, 1.0)
        key = current_row.get()
        if key is None or event.step in self._untraceable:
            sample.unassigned.append(used)
        else:
            so_far = sample.by_row.setdefault(key[0], Consumption())
            so_far += used
