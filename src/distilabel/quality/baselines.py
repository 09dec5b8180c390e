"""Trivial judges to compare a judge with, and how far it is ahead of them.

A judge has to be worth its price: better than picking the longer answer, or always the first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import number_column, paired_columns
from distilabel.quality.intervals import Interval
from distilabel.quality.resampling import bootstrap


def longest(lengths: Iterable[tuple[float, float]]) -> list[int]:
    """The verdicts of a judge that picks the longer answer.

    Args:
        lengths: The lengths of both answers of a pair, in characters.

    Returns:
        0 where the first answer is longer or both are equally long, else 1. It never sees a tie.

    Raises:
        DistilabelUserError: If a length is not a number.
    """
    verdicts = []
    for pair in lengths:
        one, other = pair
        if type(one) is not int or type(other) is not int:
            one, other = number_column("longest", list(pair))
        verdicts.append(0 if one >= other else 1)
    return verdicts


def trivial_verdicts(lengths: Iterable[tuple[float, float]]) -> dict[str, list[Any]]:
    """The verdicts of the trivial judges of pairs: the longer answer, or a constant.

    Args:
        lengths: The lengths of both answers of a pair, in characters.

    Returns:
        Name → one verdict per pair: `longest`, `first`, `second`, `tie`.
    """
    pairs = list(lengths)
    return {
        "longest": longest(pairs),
        "first": [0] * len(pairs),
        "second": [1] * len(pairs),
        "tie": ["tie"] * len(pairs),
    }


def credit(
    people: Iterable[Hashable],
    judge: Iterable[Hashable],
    *,
    decided: tuple[Hashable, ...] = (0, 1),
) -> list[float]:
    """The credit of each verdict: 1 for that of people, half where exactly one of them is a tie.

    Half a credit does not reward a judge that guesses where it should say that it does not know.

    Args:
        people: The label of people for each item.
        judge: The verdict of the judge, aligned by position.
        decided: The verdicts that are no ties.

    Returns:
        One number per item: 0, 0.5 or 1.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps.
    """
    gold, verdicts = paired_columns("credit", people, judge)
    return [
        1.0
        if g == v or (g not in decided and v not in decided)
        else 0.0
        if g in decided and v in decided
        else 0.5
        for g, v in zip(gold, verdicts, strict=True)
    ]


def lead(
    people: Iterable[Hashable],
    judge: Iterable[Hashable],
    baseline: Iterable[Hashable],
    *,
    decided: tuple[Hashable, ...] = (0, 1),
    clusters: Iterable[Hashable] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """How much more credit a judge gets than a baseline, per item, by a paired bootstrap.

    Args:
        people: The label of people for each item.
        judge: The verdict of the judge, aligned by position.
        baseline: The verdict of the baseline, aligned by position.
        decided: The verdicts that are no ties.
        clusters: As for `bootstrap`.
        resamples: Resamples of the bootstrap.
        confidence: Confidence of the interval, in 0..1.
        seed: Seed of the bootstrap.

    Returns:
        The difference of the mean credits, in -1..1, with its interval.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps.
    """
    gold = list(people)
    ours, theirs = (credit(gold, column, decided=decided) for column in (judge, baseline))
    return bootstrap(
        lambda drawn: sum(drawn) / len(drawn),
        [a - b for a, b in zip(ours, theirs, strict=True)],
        clusters=clusters,
        resamples=resamples,
        confidence=confidence,
        seed=seed,
    )


def best_baseline(
    people: Iterable[Hashable],
    baselines: Mapping[str, Iterable[Hashable]],
    *,
    decided: tuple[Hashable, ...] = (0, 1),
) -> str:
    """The name of the baseline with the most credit.

    Args:
        people: The label of people for each item.
        baselines: Name → verdicts, aligned by position.
        decided: The verdicts that are no ties.

    Raises:
        DistilabelUserError: If there are no baselines, or the columns are empty, differ in length
            or have gaps.
    """
    if not baselines:
        raise DistilabelUserError("best_baseline: there are no baselines. Pass at least one.")
    gold = list(people)
    total = {name: sum(credit(gold, c, decided=decided)) for name, c in baselines.items()}
    return max(total, key=total.__getitem__)
