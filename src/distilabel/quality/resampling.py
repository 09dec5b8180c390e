"""Bootstrap intervals: of whole items, or of whole clusters of items."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, SupportsFloat

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import check_fraction, paired_columns
from distilabel.quality.intervals import Interval


def bootstrap(
    statistic: Callable[..., SupportsFloat],
    *columns: Iterable[Any],
    clusters: Iterable[Hashable] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The percentile interval of a measure, by resampling items with all their columns.

    For the difference between two judges, pass a function of people's labels and both columns of
    verdicts: they stay paired.

    Args:
        statistic: Takes the columns, and returns a number or something that converts to one.
        columns: The columns of the measure, aligned by position. They may have gaps (`None`).
        clusters: The cluster of each item, such as the instruction that several pairs share. Whole
            clusters are drawn, because their items are not independent.
        resamples: How many times to draw.
        confidence: Confidence of the interval, in 0..1.
        seed: Seed of the draws: the same columns give the same interval.

    Returns:
        The measure of the columns with its interval. Resamples where the measure is NaN are left
        out, and `undefined` counts them.

    Raises:
        DistilabelUserError: If the columns are empty or differ in length, a parameter is not valid,
            or the measure is not defined on half of the resamples or more.
    """
    # Imported here to keep the import of the package fast.
    from random import Random

    check_fraction("bootstrap", "confidence", confidence)
    if resamples < 1:
        raise DistilabelUserError(f"bootstrap: resamples must be at least 1, not {resamples}.")
    lists = [list(column) for column in columns]
    groups = _groups(lists, clusters)
    value = float(statistic(*lists))
    random = Random(seed)
    values = []
    for _ in range(resamples):
        drawn = random.choices(groups, k=len(groups))
        rows = [row for group in drawn for row in group]
        result = float(statistic(*[[column[row] for row in rows] for column in lists]))
        if not math.isnan(result):
            values.append(result)
    undefined = resamples - len(values)
    if 2 * undefined >= resamples:
        raise DistilabelUserError(
            f"bootstrap: the measure is not defined on {undefined} of {resamples} resamples."
            " There are too few items, or too few of one class."
        )
    values.sort()
    tail = (1 - confidence) / 2
    return Interval(
        value,
        quantile(values, tail),
        quantile(values, 1 - tail),
        len(lists[0]),
        confidence,
        undefined,
    )


def quantile(ordered: Sequence[float], probability: float) -> float:
    """The quantile of sorted values, with linear interpolation between neighbors."""
    place = probability * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _groups(lists: list[list[Any]], clusters: Iterable[Hashable] | None) -> list[list[int]]:
    if not lists:
        raise DistilabelUserError("bootstrap: there are no columns. Pass at least one.")
    # The positions stand in for the columns, whose gaps are the business of the measure.
    paired_columns("bootstrap", *[range(len(column)) for column in lists])
    if clusters is None:
        return [[row] for row in range(len(lists[0]))]
    names, _ = paired_columns("bootstrap", clusters, range(len(lists[0])))
    groups: dict[Hashable, list[int]] = {}
    for row, name in enumerate(names):
        groups.setdefault(name, []).append(row)
    return list(groups.values())
