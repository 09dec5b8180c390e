"""Weighs the judges of a jury on one split of gold, and measures what the jury adds on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from distilabel.errors import DistilabelUserError
from distilabel.quality.baselines import credit, lead
from distilabel.quality.gold import GoldItem
from distilabel.quality.intervals import Interval
from distilabel.quality.labels import heaviest, jury_weights
from distilabel.quality.measuring import JudgedItem


class JuryWeights(NamedTuple):
    """A jury on gold items.

    Attributes:
        weights: The weight of each judge; 0 for all but the best one if the jury adds nothing.
        judged: The items of the test split with the verdicts of the jury.
        best: The judge with the most credit on the fit split.
        gain: Credit of the jury above that of this judge, per item of the test split.
    """

    weights: dict[str, float]
    judged: list[JudgedItem]
    best: str
    gain: Interval


def weigh_jury(
    fit: Sequence[GoldItem],
    test: Sequence[GoldItem],
    judges: Mapping[str, Mapping[str, JudgedItem]],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> JuryWeights:
    """Weighs judges by the fit split, and compares the jury with the best of them on the other.

    Where the jury is no better than its best judge on the fit split, all weight goes to that one.

    Args:
        fit: Items that weights come from.
        test: Items that the jury is measured on.
        judges: Judge → id of an item → what it said.
        resamples: Resamples of the bootstrap.
        seed: Seed of the bootstrap.

    Raises:
        DistilabelUserError: If no item of a split has a verdict of every judge, or no judge is
            better than a guess.
    """
    people, columns = _columns(fit, judges)
    weights = jury_weights(people, columns, classes=3)
    if not any(weights.values()):
        raise DistilabelUserError(
            f"jury: none of {', '.join(judges)} is better than a guess on {len(people)} labels."
            " Use other judges."
        )
    best = max(columns, key=lambda name: sum(credit(people, columns[name])))
    if sum(credit(people, _joint(columns, weights))) <= sum(credit(people, columns[best])):
        # Judges that make the same mistakes outvote a better one: their errors count twice.
        weights = {name: weight if name == best else 0.0 for name, weight in weights.items()}
    judged = [_by_jury(item, judges, weights) for item in test]
    people, columns = _columns(test, judges)
    joint = _joint(columns, weights)
    gain = lead(people, joint, columns[best], resamples=resamples, seed=seed)
    return JuryWeights(weights, judged, best, gain)


def _joint(columns: Mapping[str, list[object]], weights: Mapping[str, float]) -> list[object]:
    shares = list(weights.values())
    return [
        heaviest(*_ordered(list(row), shares))[0] for row in zip(*columns.values(), strict=True)
    ]


def _columns(
    items: Sequence[GoldItem], judges: Mapping[str, Mapping[str, JudgedItem]]
) -> tuple[list[object], dict[str, list[object]]]:
    """The labels and the verdicts of the items that every judge has a verdict about."""
    people: list[object] = []
    columns: dict[str, list[object]] = {name: [] for name in judges}
    for item in items:
        found = [judged.get(item.first.id) for judged in judges.values()]
        verdicts = [None if each is None else each.verdict for each in found]
        if None not in verdicts:
            people.append(item.label)
            for column, verdict in zip(columns.values(), verdicts, strict=True):
                column.append(verdict)
    if not people:
        raise DistilabelUserError("jury: no gold item has a verdict of every judge.")
    return people, columns


def _by_jury(
    item: GoldItem, judges: Mapping[str, Mapping[str, JudgedItem]], weights: Mapping[str, float]
) -> JudgedItem:
    found = {name: judged.get(item.first.id) for name, judged in judges.items()}
    given = {
        name: each.verdict
        for name, each in found.items()
        if each is not None and each.verdict is not None and weights[name]
    }
    if not given:
        return JudgedItem(item, None)
    shares = [weights[name] for name in given]
    return JudgedItem(item, heaviest(*_ordered(list(given.values()), shares))[0])


def _ordered(verdicts: list[object], weights: list[float]) -> tuple[list[object], list[float]]:
    """The verdicts in the order of weights: of equal votes, that of the heaviest judge counts."""
    order = sorted(range(len(weights)), key=lambda place: -weights[place])
    return [verdicts[place] for place in order], [weights[place] for place in order]
