"""What two verdicts per item, one in each order of the answers, say about a judge.

Verdicts are those of the item: where the judge was shown the answers in the other order, its
verdict is mapped back first. A tie is a verdict like others; `without_ties` drops the items
that have one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import combinations
from typing import Any

from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import paired_columns
from distilabel.quality.intervals import Interval, wilson


def agreement(
    people: Iterable[Hashable], ab: Iterable[Hashable], ba: Iterable[Hashable] | None = None
) -> float:
    """The share of verdicts that are those of people, over both orders.

    Args:
        people: The label of people for each item.
        ab: The verdict of the judge, answers in the order of the item.
        ba: The verdict with the answers in the other order, mapped back to the item.

    Returns:
        A share in 0..1.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps.
    """
    gold, *orders = paired_columns("agreement", people, ab, *([] if ba is None else [ba]))
    return _share(g == v for order in orders for g, v in zip(gold, order, strict=True))


def both_correct(
    people: Iterable[Hashable], ab: Iterable[Hashable], ba: Iterable[Hashable]
) -> float:
    """The share of items with the verdict of people in both orders.

    Args:
        people: The label of people for each item.
        ab: The verdict of the judge, answers in the order of the item.
        ba: The verdict with the answers in the other order, mapped back to the item.

    Returns:
        A share in 0..1.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps.
    """
    gold, one, other = paired_columns("both_correct", people, ab, ba)
    return _share(g == v == w for g, v, w in zip(gold, one, other, strict=True))


def order_consistency(ab: Iterable[Hashable], ba: Iterable[Hashable]) -> float:
    """The share of items with one verdict in both orders.

    Args:
        ab: The verdict of the judge, answers in the order of the item.
        ba: The verdict with the answers in the other order, mapped back to the item.

    Returns:
        A share in 0..1.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps.
    """
    one, other = paired_columns("order_consistency", ab, ba)
    return _share(v == w for v, w in zip(one, other, strict=True))


def first_pick(
    ab: Iterable[Hashable],
    ba: Iterable[Hashable] | None = None,
    *,
    first: Hashable = 0,
    second: Hashable = 1,
    confidence: float = 0.95,
) -> Interval:
    """The share of decided calls in which the judge picks the answer it was shown first.

    Args:
        ab: The verdict of the judge, answers in the order of the item.
        ba: The verdict with the answers in the other order, mapped back to the item: there,
            `second` is the answer that was shown first.
        first: The verdict that names the first answer of the item.
        second: The verdict that names the second one. All others are ties and left out.
        confidence: Confidence of the interval (Wilson's), in 0..1.

    Returns:
        The share with its interval; `n` is the number of decided calls.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps, or if no call
            is decided.
    """
    orders = paired_columns("first_pick", ab, *([] if ba is None else [ba]))
    picks = 0
    decided = 0
    for order, shown_first in zip(orders, (first, second), strict=False):
        picks += sum(verdict == shown_first for verdict in order)
        decided += sum(verdict in (first, second) for verdict in order)
    if not decided:
        raise DistilabelUserError(
            f"first_pick: none of the verdicts is {first!r} or {second!r}, so no call is decided."
            " Name the verdicts with `first` and `second`."
        )
    return wilson(picks, decided, confidence)


def without_ties(
    *columns: Iterable[Hashable], decided: tuple[Hashable, ...] = (0, 1)
) -> list[list[Any]]:
    """Drops the items that have a tie in some column.

    Args:
        columns: Labels or verdicts, aligned by position.
        decided: The verdicts that are no ties.

    Returns:
        The columns with the remaining items; they may be empty.

    Raises:
        DistilabelUserError: If the columns are empty, differ in length or have gaps.
    """
    lists = paired_columns("without_ties", *columns)
    kept = [row for row in zip(*lists, strict=True) if all(value in decided for value in row)]
    return [[row[index] for row in kept] for index in range(len(lists))]


def flip_rate(*runs: Iterable[Hashable]) -> float:
    """How often two askings of one judge about the same item differ.

    Args:
        runs: The verdicts of each asking, aligned by position; at least two.

    Returns:
        The share of differing pairs of askings, over all items and pairs, in 0..1.

    Raises:
        DistilabelUserError: If there are fewer than two runs, or the columns are empty, differ in
            length or have gaps.
    """
    if len(runs) < 2:
        raise DistilabelUserError(
            f"flip_rate: {len(runs)} run of the judge; it compares two or more."
        )
    pairs = list(combinations(paired_columns("flip_rate", *runs), 2))
    return _share(v != w for one, other in pairs for v, w in zip(one, other, strict=True))


def _share(outcomes: Iterable[bool]) -> float:
    found = list(outcomes)
    return sum(found) / len(found)
