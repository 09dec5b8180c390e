"""Rows of attributes in which every value, or every pair of values, occurs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations, product

# The number of an attribute and the number of one of its values.
_Choice = tuple[int, int]


def covering_values(sizes: Sequence[int], rng: random.Random) -> list[list[int]]:
    """Returns as few rows as there are values of the largest attribute, with every value in them.

    Args:
        sizes: Number of values of each attribute.
        rng: Source of the random order.

    Returns:
        Rows with the number of a value per attribute.
    """
    count = max(sizes, default=0)
    columns = []
    for size in sizes:
        # Whole rounds first, so that every value occurs about equally often.
        column = [value % size for value in range(count)]
        rng.shuffle(column)
        columns.append(column)
    return [list(row) for row in zip(*columns, strict=True)]


def covering_pairs(sizes: Sequence[int], rng: random.Random) -> list[list[int]]:
    """Returns few rows in which every pair of values of two attributes occurs.

    This is the greedy construction of AETG, with one candidate per row: a row starts with a pair
    that is missing, and each further attribute gets the value that adds the most missing pairs.

    Args:
        sizes: Number of values of each attribute.
        rng: Decides between values that add as many pairs.

    Returns:
        Rows with the number of a value per attribute.
    """
    if len(sizes) < 2:
        return covering_values(sizes, rng)
    missing: dict[tuple[_Choice, _Choice], None] = {}
    for first, second in combinations(range(len(sizes)), 2):
        for a, b in product(range(sizes[first]), range(sizes[second])):
            missing[(first, a), (second, b)] = None
    rows = []
    while missing:
        chosen = dict(next(iter(missing)))
        others = [name for name in range(len(sizes)) if name not in chosen]
        rng.shuffle(others)
        for name in others:
            values = list(range(sizes[name]))
            rng.shuffle(values)
            chosen[name] = max(values, key=lambda value: _added((name, value), chosen, missing))
        for pair in combinations(sorted(chosen.items()), 2):
            missing.pop(pair, None)
        rows.append([chosen[name] for name in range(len(sizes))])
    rng.shuffle(rows)
    return rows


def _added(
    choice: _Choice, chosen: dict[int, int], missing: dict[tuple[_Choice, _Choice], None]
) -> int:
    """Returns how many missing pairs a value makes with those that are chosen."""
    return sum((min(choice, other), max(choice, other)) in missing for other in chosen.items())
