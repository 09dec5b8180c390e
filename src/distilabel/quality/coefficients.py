"""Agreement beyond chance: kappa, Scott's pi, Gwet's AC1 and Krippendorff's alpha."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import is_gap, number_column, paired_columns

Weights = Literal["none", "linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]


class Coefficient(NamedTuple):
    """Agreement beyond chance, and what it was computed from.

    Attributes:
        value: The coefficient; NaN where chance alone agrees always, such as when both columns
            have one and the same class.
        observed: Observed agreement, weighted as the coefficient is.
        chance: Agreement expected by chance, under the assumptions of the coefficient.
        rates: The share of each class, in each column.
        n: Number of items.
    """

    value: float
    observed: float
    chance: float
    rates: tuple[Mapping[Hashable, float], ...]
    n: int

    def __float__(self) -> float:
        return self.value


def kappa(
    one: Iterable[Hashable],
    other: Iterable[Hashable],
    *,
    weights: Weights = "none",
    categories: Sequence[Hashable] | None = None,
) -> Coefficient:
    """Cohen's kappa, plain or weighted.

    Args:
        one: The labels of one rater.
        other: Those of the other rater, aligned by position.
        weights: How much a disagreement counts: `"none"` for labels without an order, `"linear"`
            by the distance, `"quadratic"` by its square.
        categories: The labels in their order, for weighted kappa; the distance is the one between
            positions. Without it, labels are numbers, and the distance is their difference.

    Returns:
        The coefficient, with observed and expected agreement.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps, or if weights
            need an order that the labels do not have.
    """
    left, right = paired_columns("kappa", one, other)
    if weights not in ("none", "linear", "quadratic"):
        raise DistilabelUserError(
            f'kappa: weights must be "none", "linear" or "quadratic", not {weights!r}.'
        )
    count = len(left)
    rows, columns, cells = Counter(left), Counter(right), Counter(zip(left, right, strict=True))
    if weights == "none":
        observed = sum(cells[name, name] for name in rows) / count
        chance = sum(rows[name] * columns[name] for name in rows) / count**2
        return Coefficient(
            _beyond_chance(observed, chance), observed, chance, _rates(rows, columns), count
        )
    place = _places(rows | columns, categories)
    span = max(place.values()) - min(place.values())
    power = 1 if weights == "linear" else 2

    def weight(a: Hashable, b: Hashable) -> float:
        return 1 - (abs(place[a] - place[b]) / span) ** power if span else 1.0

    observed = sum(number * weight(a, b) for (a, b), number in cells.items()) / count
    chance = (
        sum(n * m * weight(a, b) for a, n in rows.items() for b, m in columns.items()) / count**2
    )
    return Coefficient(
        _beyond_chance(observed, chance), observed, chance, _rates(rows, columns), count
    )


def scott_pi(one: Iterable[Hashable], other: Iterable[Hashable]) -> Coefficient:
    """Scott's pi: chance agreement by the classes that both raters use together.

    Args:
        one: The labels of one rater.
        other: Those of the other rater, aligned by position.

    Returns:
        The coefficient, with observed and expected agreement.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps.
    """
    return _pooled("scott_pi", one, other, lambda shares: sum(s * s for s in shares))


def ac1(
    one: Iterable[Hashable],
    other: Iterable[Hashable],
    *,
    categories: Sequence[Hashable] | None = None,
) -> Coefficient:
    """Gwet's AC1, which does not collapse where almost all items have one label.

    Args:
        one: The labels of one rater.
        other: Those of the other rater, aligned by position.
        categories: All labels a rater can give; those in the columns by default. Labels that
            were possible and never given lower chance agreement.

    Returns:
        The coefficient, with observed and expected agreement. With one category only it is NaN.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps, or have a
            label that is not in `categories`.
    """
    possible = len(set(categories)) if categories is not None else 0

    def chance(shares: Sequence[float]) -> float:
        number = max(possible, len(shares))
        return sum(s * (1 - s) for s in shares) / (number - 1) if number > 1 else 1.0

    left, right = paired_columns("ac1", one, other)
    if categories is not None:
        _check_known("ac1", [*left, *right], categories)
    return _pooled("ac1", left, right, chance)


def alpha(*raters: Iterable[Any], level: Level = "nominal") -> float:
    """Krippendorff's alpha, for any number of raters, with gaps.

    Args:
        raters: The labels of each rater, aligned by position; `None` or NaN where a rater has not
            labeled an item.
        level: `"nominal"` for labels without an order, `"ordinal"` for ranks, `"interval"` for
            numbers whose differences mean something. The last two need numbers.

    Returns:
        Alpha; NaN where all labels are the same, so that no disagreement is possible.

    Raises:
        DistilabelUserError: If there are fewer than two raters, their columns differ in length, no
            item has two labels, or the labels are not numbers where the level needs them.
    """
    if level not in ("nominal", "ordinal", "interval"):
        raise DistilabelUserError(
            f'alpha: level must be "nominal", "ordinal" or "interval", not {level!r}.'
        )
    if len(raters) < 2:
        raise DistilabelUserError(f"alpha: {len(raters)} rater; it compares two or more.")
    columns = [list(column) for column in raters]
    paired_columns("alpha", *[range(len(column)) for column in columns])
    # Pairs of labels of one item, each item with the weight of its number of labels.
    pairs: Counter[tuple[Any, Any]] = Counter()
    coincidences: dict[tuple[Any, Any], float] = {}
    units: Counter[tuple[Any, ...]] = Counter()
    # Few rows are distinct, and a million are given.
    for row, times in Counter(zip(*columns, strict=True)).items():
        units[tuple(value for value in row if not is_gap(value))] += times
    for labels, times in units.items():
        if len(labels) < 2:
            continue
        pairs = Counter(labels)
        for a, n in pairs.items():
            for b, m in pairs.items():
                number = times * n * (m - (a == b)) / (len(labels) - 1)
                coincidences[a, b] = coincidences.get((a, b), 0.0) + number
    if not coincidences:
        raise DistilabelUserError(
            "alpha: no item has labels of two raters, so nothing can be compared."
        )
    totals: dict[Any, float] = {}
    for (a, _), number in coincidences.items():
        totals[a] = totals.get(a, 0.0) + number
    count = sum(totals.values())
    distance = _distance(level, totals)
    found = sum(number * distance(a, b) for (a, b), number in coincidences.items())
    expected = sum(n * m * distance(a, b) for a, n in totals.items() for b, m in totals.items())
    return 1 - (count - 1) * found / expected if expected else math.nan


def _distance(level: Level, totals: Mapping[Any, float]) -> Callable[[Any, Any], float]:
    if level == "nominal":
        return lambda a, b: float(a != b)
    numbers = dict(zip(totals, number_column("alpha", list(totals)), strict=True))
    if level == "interval":
        return lambda a, b: (numbers[a] - numbers[b]) ** 2
    # The rank of a label is the number of labels below it and half of those that equal it.
    ranks: dict[Any, float] = {}
    below = 0.0
    for value in sorted(totals, key=numbers.__getitem__):
        ranks[value] = below + totals[value] / 2
        below += totals[value]
    return lambda a, b: (ranks[a] - ranks[b]) ** 2


def _pooled(
    subject: str,
    one: Iterable[Hashable],
    other: Iterable[Hashable],
    chance_of: Callable[[Sequence[float]], float],
) -> Coefficient:
    left, right = paired_columns(subject, one, other)
    count = len(left)
    rows, columns = Counter(left), Counter(right)
    observed = sum(a == b for a, b in zip(left, right, strict=True)) / count
    chance = chance_of([total / (2 * count) for total in (rows + columns).values()])
    return Coefficient(
        _beyond_chance(observed, chance), observed, chance, _rates(rows, columns), count
    )


def _beyond_chance(observed: float, chance: float) -> float:
    # Sums of rounded shares miss 1 by the last digits of a float.
    return (observed - chance) / (1 - chance) if 1 - chance > 1e-12 else math.nan


def _rates(*counters: Counter[Hashable]) -> tuple[Mapping[Hashable, float], ...]:
    names = {name: None for counter in counters for name in counter}
    return tuple({name: c[name] / c.total() for name in names} for c in counters)


def _places(
    labels: Iterable[Hashable], categories: Sequence[Hashable] | None
) -> dict[Hashable, float]:
    names = list(labels)
    if categories is not None:
        _check_known("kappa", names, categories)
        return {name: float(index) for index, name in enumerate(categories)}
    try:
        return dict(zip(names, number_column("kappa", names), strict=True))
    except DistilabelUserError as error:
        raise DistilabelUserError(
            f"{error.message} Weights need an order: name the labels with `categories`."
        ) from None


def _check_known(subject: str, labels: Iterable[Hashable], categories: Sequence[Hashable]) -> None:
    known = set(categories)
    if len(known) != len(categories):
        raise DistilabelUserError(f"{subject}: `categories` names a label twice.")
    for label in labels:
        if label not in known:
            raise DistilabelUserError(f"{subject}: the label {label!r} is not in `categories`.")
