"""How many labels a measure needs, and how much each judge of a jury counts."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import check_fraction, paired_columns
from distilabel.quality.intervals import normal_quantile


def labels_needed(
    width: float, *, agreement: float = 0.64, chance: float = 1 / 3, confidence: float = 0.95
) -> int:
    """How many labels of people an interval of kappa with some half-width needs.

    Args:
        width: Half of the interval's width, in kappa: .07 for kappa ± .07.
        agreement: Expected agreement of judge and people, in 0..1.
        chance: Agreement by chance; the default is that of three verdicts that are equally common.
        confidence: Confidence of the interval, in 0..1.

    Returns:
        The number of labels: 100 for ± .14, 200 for ± .10, 600 for ± .06.

    Raises:
        DistilabelUserError: If a parameter is not between 0 and 1.
    """
    for name, value in (
        ("width", width),
        ("agreement", agreement),
        ("chance", chance),
        ("confidence", confidence),
    ):
        check_fraction("labels_needed", name, value)
    z = normal_quantile((1 + confidence) / 2)
    deviation = math.sqrt(agreement * (1 - agreement)) / (1 - chance)
    return math.ceil((z * deviation / width) ** 2)


def jury_weights(
    people: Iterable[Hashable],
    judges: Mapping[str, Iterable[Hashable]],
    *,
    classes: int | None = None,
) -> dict[str, float]:
    """The weight of each judge's vote: the log-odds of being right, against those of a guess.

    Args:
        people: The label of people for each item.
        judges: The verdicts of each judge, aligned by position.
        classes: How many verdicts are possible; by default those that occur, at least two.

    Returns:
        A weight per judge. It is 0 for one that is right no more often than a guess.

    Raises:
        DistilabelUserError: If there are no judges, or the columns are empty, differ in length or
            have gaps.
    """
    if not judges:
        raise DistilabelUserError("jury_weights: there are no judges. Pass at least one.")
    gold, *columns = paired_columns("jury_weights", people, *judges.values())
    number = classes or max(2, len(set(gold).union(*columns)))
    weights = {}
    for name, column in zip(judges, columns, strict=True):
        right = sum(g == v for g, v in zip(gold, column, strict=True))
        # One more right and one more wrong answer per class keep a perfect judge finite.
        odds = (right + 1) / (len(gold) - right + number - 1)
        weights[name] = max(0.0, math.log(odds * (number - 1)))
    return weights


def jury_verdicts(
    judges: Mapping[str, Iterable[Hashable]], weights: Mapping[str, float]
) -> list[Any]:
    """The verdicts of a jury by weighted votes.

    Args:
        judges: The verdicts of each judge, aligned by position.
        weights: The weight of each judge, as `jury_weights` returns them.

    Returns:
        One verdict per item. Where two have the same weight, the one of the judge with the largest
        weight among those who gave them.

    Raises:
        DistilabelUserError: If there are no judges, one has no weight, all weights are 0, or the
            columns are empty, differ in length or have gaps.
    """
    missing = [name for name in judges if name not in weights]
    if not judges or missing:
        raise DistilabelUserError(
            f"jury_verdicts: no weight for {', '.join(missing)}."
            if missing
            else "jury_verdicts: there are no judges. Pass at least one."
        )
    # Verdicts enter in the order of weights, and `max` keeps the first of equal ones.
    names = sorted(judges, key=lambda name: -weights[name])
    if weights[names[0]] <= 0:
        raise DistilabelUserError(
            "jury_verdicts: all weights are 0; every judge is as good as a guess or worse."
        )
    columns = paired_columns("jury_verdicts", *[judges[name] for name in names])
    shares = [weights[name] for name in names]
    return [heaviest(row, shares)[0] for row in zip(*columns, strict=True)]


def heaviest(verdicts: Sequence[Any], weights: Sequence[float]) -> tuple[Any, float]:
    """The verdict with the most weight, and its share of all weight.

    Args:
        verdicts: One verdict per judge.
        weights: The weight of each judge; they do not add up to 0.

    Returns:
        The first of the heaviest verdicts, and its share in 0..1.
    """
    votes: dict[Any, float] = {}
    for verdict, weight in zip(verdicts, weights, strict=True):
        votes[verdict] = votes.get(verdict, 0.0) + weight
    best = max(votes, key=votes.__getitem__)
    return best, votes[best] / sum(weights)
