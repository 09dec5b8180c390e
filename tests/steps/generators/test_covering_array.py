"""Protects coverage: every value or pair occurs, in far fewer rows than there are combinations."""

from __future__ import annotations

import math
import random
from itertools import combinations, product

import pytest

from distilabel.steps.generators.covering_array import covering_pairs, covering_values

SIZES = [[1], [4], [2, 3], [1, 1, 1], [3, 3, 3, 3], [2] * 10, [5, 1, 4, 2], [6, 6, 6], [10] * 5]


@pytest.mark.parametrize("sizes", SIZES)
def test_every_pair_occurs(sizes: list[int]) -> None:
    rows = covering_pairs(sizes, random.Random(0))
    assert all(0 <= value < size for row in rows for value, size in zip(row, sizes, strict=True))
    for first, second in combinations(range(len(sizes)), 2):
        found = {(row[first], row[second]) for row in rows}
        assert found == set(product(range(sizes[first]), range(sizes[second])))
    assert len(rows) <= math.prod(sizes)


@pytest.mark.parametrize("sizes", SIZES)
def test_every_value_occurs(sizes: list[int]) -> None:
    rows = covering_values(sizes, random.Random(0))
    assert len(rows) == max(sizes)
    for index, size in enumerate(sizes):
        counts = [[row[index] for row in rows].count(value) for value in range(size)]
        assert max(counts) - min(counts) <= 1


def test_pairs_take_few_rows() -> None:
    # 3**4 combinations need 9 rows at best, 2**10 need 6, 10**5 need 100.
    assert len(covering_pairs([3] * 4, random.Random(0))) <= 12
    assert len(covering_pairs([2] * 10, random.Random(0))) <= 12
    assert len(covering_pairs([10] * 5, random.Random(0))) <= 180


def test_the_order_depends_on_the_seed_alone() -> None:
    assert covering_pairs([3, 4], random.Random(1)) == covering_pairs([3, 4], random.Random(1))
    assert covering_pairs([3, 4], random.Random(1)) != covering_pairs([3, 4], random.Random(2))
