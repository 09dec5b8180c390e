"""`Measures`: what was measured of a judge, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from distilabel.quality.intervals import Interval


class LengthBin(NamedTuple):
    """Pairs whose answers differ in length by a range of characters, decided by both.

    Attributes:
        low: The least difference.
        high: The largest difference; None for no limit.
        pairs: Number of pairs.
        judge: Share in which the judge picks the longer answer.
        people: Share in which people do.
    """

    low: int
    high: int | None
    pairs: int
    judge: float
    people: float


class Slice(NamedTuple):
    """A part of the data with 30 items or more.

    Attributes:
        name: Its name.
        lead: The lead over the best trivial judge there.
    """

    name: str
    lead: Interval


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What was measured of a judge on gold labels; all intervals are of 95%.

    Attributes:
        kind: Kind of the gold items: `pair`, `rating` or `pass`.
        orders: Orders in which pairs were shown.
        items: Number of gold items.
        n: Number of those with a verdict.
        parsed: Share of items with a verdict.
        agreement: Share of verdicts that are those of people; for ratings, within half a point.
        kappa: Cohen's kappa, ties as a class (S1); for ratings, with quadratic weights.
        chance: Agreement by chance.
        rates: The share of each label, of people and of the judge.
        kappa_decided: Kappa without pairs that have a tie (S2).
        baseline: Name of the best trivial judge.
        baselines: Trivial judge → its mean credit.
        lead: Credit above that of the best trivial judge, per item.
        slices: The lead in each slice of 30 items or more.
        both_correct: Share of pairs with the verdict of people in both orders.
        consistency: Share of pairs with one verdict in both orders.
        first_pick: Share of decided calls for the answer that was shown first.
        length_excess: How much more often than people it picks the longer answer.
        length_bins: How often judge and people pick the longer answer, by how much longer it is.
        family_excess: How much more often than people it picks an answer of its own family.
        against: Share of decided verdicts for which people decided otherwise.
        undecided: Share of decided verdicts that people call a tie.
        accepted: Share of pairs with a decided verdict: what a filter keeps.
        confusion: People's label → the judge's verdict → how often.
        ceiling: Mean kappa between two people; None if no two labeled 30 items together.
        annotators: Number of people.
        resamples: Resamples of the bootstraps.
    """

    kind: str
    orders: int
    items: int
    n: int
    parsed: Interval
    agreement: Interval
    kappa: Interval
    chance: float
    rates: tuple[Mapping[str, float], ...]
    kappa_decided: Interval | None
    baseline: str
    baselines: Mapping[str, float]
    lead: Interval
    slices: tuple[Slice, ...]
    both_correct: Interval | None
    consistency: Interval | None
    first_pick: Interval | None
    length_excess: Interval | None
    length_bins: tuple[LengthBin, ...]
    family_excess: Interval | None
    against: Interval | None
    undecided: Interval | None
    accepted: Interval | None
    confusion: Mapping[str, Mapping[str, int]]
    ceiling: float | None
    annotators: int
    resamples: int = 1000

    def to_dict(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measures:
        """Makes measures from what `to_dict` returned.

        Raises:
            KeyError: A field is missing.
        """
        values = {field.name: _restored(data[field.name]) for field in fields(cls)}
        values["rates"] = tuple(values["rates"])
        values["slices"] = tuple(
            Slice(each["name"], _restored(each["lead"])) for each in data["slices"]
        )
        values["length_bins"] = tuple(LengthBin(**each) for each in data["length_bins"])
        return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict) and {"value", "low", "high", "n"} <= value.keys():
        return Interval(**value)
    return value
