"""Measures a judge against gold labels: agreement, its lead over trivial judges, and its biases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final

from distilabel.errors import DistilabelUserError
from distilabel.quality.baselines import best_baseline, credit, trivial_verdicts
from distilabel.quality.coefficients import Weights, kappa
from distilabel.quality.excesses import family_excess, length_excess
from distilabel.quality.gold import GoldItem
from distilabel.quality.intervals import Interval, wilson
from distilabel.quality.measures import LengthBin, Measures, Slice
from distilabel.quality.resampling import bootstrap
from distilabel.quality.verdict_forms import TIE, is_decided, joint_verdict
from distilabel.quality.verdicts import both_correct, first_pick, order_consistency

LEAST_SLICE: Final = 30
_LENGTHS: Final = (0, 30, 100, 300, 1000, None)


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """A gold item and what the judge said about it.

    Attributes:
        gold: The item with the labels of people.
        ab: Verdict about a pair in its own order, a number, or a bool; None if the judge's answer
            could not be parsed.
        ba: Verdict with the answers in the other order, mapped back; None in one order.
        asked_twice: Whether `ba` was asked for.
    """

    gold: GoldItem
    ab: Any
    ba: Any = None
    asked_twice: bool = False

    @property
    def verdict(self) -> Any:
        """The verdict that counts: of both orders if both were asked."""
        return joint_verdict(self.ab, self.ba) if self.asked_twice else self.ab


def measure(
    items: Sequence[JudgedItem],
    *,
    orders: int = 1,
    judge: str = "",
    resamples: int = 1000,
    seed: int = 0,
) -> Measures:
    """Measures a judge on gold items of one kind.

    Args:
        items: The items with the judge's verdicts.
        orders: Orders in which pairs were shown.
        judge: Name of the judge's model, whose family is looked for among those that wrote.
        resamples: Resamples of the bootstraps; whole instructions are drawn.
        seed: Seed of the bootstraps.

    Raises:
        DistilabelUserError: If no item has a verdict.
    """
    usable = [item for item in items if item.verdict is not None]
    if not usable:
        raise DistilabelUserError(
            f"judge: none of {len(items)} gold items has a verdict that could be parsed."
        )
    kind = usable[0].gold.first.kind
    people = [item.gold.label for item in usable]
    verdicts = [item.verdict for item in usable]
    clusters = [item.gold.first.instruction for item in usable]
    draws: dict[str, Any] = {"resamples": resamples, "seed": seed}
    weights: Weights = "quadratic" if kind == "rating" else "none"
    coefficient = partial(kappa, weights=weights)
    baselines = _baselines(kind, usable, people)
    best = (
        min(baselines, key=lambda name: _distance(people, baselines[name]))
        if kind == "rating"
        else best_baseline(people, baselines)
    )
    gains = _gains(kind, people, verdicts, baselines[best])
    found = coefficient(people, verdicts)
    both = [item for item in usable if item.asked_twice]
    return Measures(
        kind=kind,
        orders=orders,
        items=len(items),
        n=len(usable),
        parsed=wilson(len(usable), len(items)),
        agreement=_agreement(kind, people, verdicts),
        kappa=bootstrap(coefficient, people, verdicts, clusters=clusters, **draws),
        chance=found.chance,
        rates=tuple({str(k): v for k, v in rates.items()} for rates in found.rates),
        kappa_decided=_decided(people, verdicts, clusters, draws) if kind == "pair" else None,
        baseline=best,
        baselines={name: _mean_credit(kind, people, each) for name, each in baselines.items()},
        lead=bootstrap(_mean, gains, clusters=clusters, **draws),
        slices=tuple(_slices(usable, gains, clusters, draws)),
        both_correct=_both(both_correct, both, people=True),
        consistency=_both(order_consistency, both, people=False),
        first_pick=_first_pick(usable) if kind == "pair" else None,
        length_excess=_length_excess(usable, draws) if kind == "pair" else None,
        length_bins=tuple(_length_bins(usable)) if kind == "pair" else (),
        family_excess=_family_excess(usable, judge, draws) if kind == "pair" else None,
        against=_against(people, verdicts) if kind == "pair" else None,
        undecided=_undecided(people, verdicts) if kind == "pair" else None,
        accepted=wilson(sum(map(is_decided, verdicts)), len(items)) if kind == "pair" else None,
        confusion=_confusion(people, verdicts),
        ceiling=_ceiling([item.gold for item in usable], coefficient),
        annotators=len({name for item in usable for name in item.gold.labels}),
        resamples=resamples,
    )


def _agreement(kind: str, people: list[Any], verdicts: list[Any]) -> Interval:
    same = sum(
        abs(g - v) <= 0.5 if kind == "rating" else g == v
        for g, v in zip(people, verdicts, strict=True)
    )
    return wilson(same, len(people))


def _decided(
    people: list[Any], verdicts: list[Any], clusters: list[str], draws: dict[str, Any]
) -> Interval | None:
    rows = [
        row
        for row in zip(people, verdicts, clusters, strict=True)
        if is_decided(row[0]) and is_decided(row[1])
    ]
    if len(rows) < 2:
        return None
    gold, given, groups = zip(*rows, strict=True)
    try:
        return bootstrap(kappa, gold, given, clusters=groups, **draws)
    except DistilabelUserError:  # all of one class
        return None


def _baselines(kind: str, items: Sequence[JudgedItem], people: list[Any]) -> dict[str, list[Any]]:
    count = len(people)
    if kind == "pair":
        return trivial_verdicts(_lengths(items))
    if kind == "pass":
        return {"always pass": [True] * count, "never pass": [False] * count}
    return {"the median": [sorted(people)[count // 2]] * count}


def _lengths(items: Sequence[JudgedItem]) -> list[tuple[float, float]]:
    pairs = (item.gold.first.generations for item in items)
    return [(float(len(one)), float(len(other))) for one, other in pairs]


def _gains(kind: str, people: list[Any], verdicts: list[Any], baseline: list[Any]) -> list[float]:
    """The credit of each verdict, less that of the baseline's."""
    if kind == "rating":
        span = (max(people) - min(people)) or 1.0
        return [
            (abs(g - b) - abs(g - v)) / span
            for g, v, b in zip(people, verdicts, baseline, strict=True)
        ]
    ours, theirs = credit(people, verdicts), credit(people, baseline)
    return [a - b for a, b in zip(ours, theirs, strict=True)]


def _mean_credit(kind: str, people: list[Any], verdicts: list[Any]) -> float:
    if kind == "rating":
        span = (max(people) - min(people)) or 1.0
        return 1 - _distance(people, verdicts) / span
    return _mean(credit(people, verdicts))


def _distance(people: list[Any], numbers: list[Any]) -> float:
    return _mean([abs(g - n) for g, n in zip(people, numbers, strict=True)])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _slices(
    items: Sequence[JudgedItem], gains: list[float], clusters: list[str], draws: dict[str, Any]
) -> list[Slice]:
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        if item.gold.first.slice is not None:
            rows.setdefault(item.gold.first.slice, []).append(row)
    found = []
    for name, places in sorted(rows.items()):
        if len(places) >= LEAST_SLICE:
            groups = [clusters[row] for row in places]
            lead = bootstrap(_mean, [gains[row] for row in places], clusters=groups, **draws)
            found.append(Slice(name, lead))
    return found


def _both(function: Any, items: Sequence[JudgedItem], *, people: bool) -> Interval | None:
    columns = [[i.ab for i in items], [i.ba for i in items]]
    columns = [[i.gold.label for i in items], *columns] if people else columns
    if not items or any(None in column for column in columns):
        return None
    return wilson(round(function(*columns) * len(items)), len(items))


def _first_pick(items: Sequence[JudgedItem]) -> Interval | None:
    both = all(item.asked_twice for item in items)
    try:
        return first_pick([i.ab for i in items], [i.ba for i in items] if both else None)
    except DistilabelUserError:  # no call is decided
        return None


def _length_excess(items: Sequence[JudgedItem], draws: dict[str, Any]) -> Interval | None:
    columns = ([i.gold.label for i in items], [i.verdict for i in items], _lengths(items))
    try:
        return length_excess(*columns, **draws)
    except DistilabelUserError:  # no pair counts
        return None


def _length_bins(items: Sequence[JudgedItem]) -> Iterator[LengthBin]:
    """Differences of length, and how often the judge and people pick the longer answer."""
    rows = [
        (one - other, item)
        for item, (one, other) in zip(items, _lengths(items), strict=True)
        if one != other and is_decided(item.verdict) and is_decided(item.gold.label)
    ]
    for low, high in pairwise(_LENGTHS):
        assert low is not None
        inside = [r for r in rows if abs(r[0]) > low and (high is None or abs(r[0]) <= high)]
        if inside:
            picks = [
                sum((by(item) == 0) == (difference > 0) for difference, item in inside)
                for by in (_verdict, _label)
            ]
            judge, people = (count / len(inside) for count in picks)
            yield LengthBin(low, high, len(inside), judge, people)


def _verdict(item: JudgedItem) -> Any:
    return item.verdict


def _label(item: JudgedItem) -> Any:
    return item.gold.label


def _family_excess(
    items: Sequence[JudgedItem], judge: str, draws: dict[str, Any]
) -> Interval | None:
    own = family_of(judge)
    known = [item for item in items if len(item.gold.first.models) == 2]
    if not own or not known:
        return None
    people, verdicts = [i.gold.label for i in known], [i.verdict for i in known]
    families = [
        (family_of(one), family_of(other)) for one, other in (i.gold.first.models for i in known)
    ]
    try:
        return family_excess(people, verdicts, families, own, **draws)
    except DistilabelUserError:  # no pair counts
        return None


def family_of(model: str) -> str:
    """The family of a model, by the letters its name begins with: `gpt`, `llama`, `claude`.

    Args:
        model: Name of the model, with or without an organization and a slash.
    """
    import re

    found = re.match(r"[a-z]+", model.rpartition("/")[2].lower())
    return found[0] if found else ""


def _against(people: list[Any], verdicts: list[Any]) -> Interval | None:
    """The share of decided verdicts for which people decided otherwise."""
    decided = [(g, v) for g, v in zip(people, verdicts, strict=True) if is_decided(v)]
    wrong = sum(is_decided(g) and g != v for g, v in decided)
    return wilson(wrong, len(decided)) if decided else None


def _undecided(people: list[Any], verdicts: list[Any]) -> Interval | None:
    """The share of decided verdicts that people call a tie."""
    decided = [g for g, v in zip(people, verdicts, strict=True) if is_decided(v)]
    ties = sum(not is_decided(g) for g in decided)
    return wilson(ties, len(decided)) if decided else None


def _confusion(people: list[Any], verdicts: list[Any]) -> dict[str, dict[str, int]]:
    """People's label → the judge's verdict → how often."""
    table: dict[str, dict[str, int]] = {}
    cells = Counter(zip(map(_name, people), map(_name, verdicts), strict=True))
    for (label, verdict), count in sorted(cells.items()):
        table.setdefault(label, {})[verdict] = count
    return table


def _name(value: Any) -> str:
    return TIE if value == TIE else str(round(value) if isinstance(value, float) else value)


def _ceiling(items: Sequence[GoldItem], coefficient: Any) -> float | None:
    """The mean kappa between two people, over pairs of people with 30 items in common; or None."""
    columns: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
    for item in items:
        names: Mapping[str, Any] = item.labels
        ordered = sorted(names)
        for place, one in enumerate(ordered):
            for other in ordered[place + 1 :]:
                columns.setdefault((one, other), []).append((names[one], names[other]))
    values, weights = [], []
    for pairs in columns.values():
        if len(pairs) >= LEAST_SLICE:
            value = coefficient(*zip(*pairs, strict=True)).value
            if value == value:
                values.append(value * len(pairs))
                weights.append(len(pairs))
    return sum(values) / sum(weights) if weights else None
