"""Protects that what a server reports instead of a count becomes a count, or unknown."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest

from distilabel.models.wire.usage_counts import as_mapping, dollars, token_count


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (7, 7),
        (0, 0),
        (7.0, 7),
        ("7", 7),
        (numpy.int64(7), 7),
        (-7, 0),
        ("seven", 0),
        (None, 0),
        (True, 0),
        (math.nan, 0),
        (math.inf, 0),
        (10**30, 0),
        (10**400, 0),
        ([7], 0),
        ({}, 0),
    ],
)
def test_a_count_is_a_whole_number_that_is_possible(value: Any, count: int) -> None:
    assert token_count(value) == count
    assert type(token_count(value)) is int


@pytest.mark.parametrize(
    ("value", "cost"), [(0.5, 0.5), (0, 0.0), ("0.5", 0.5), (-1, None), (math.nan, None)]
)
def test_a_cost_is_a_number_that_is_not_negative(value: Any, cost: float | None) -> None:
    assert dollars(value) == cost


def test_what_is_no_mapping_is_an_empty_one() -> None:
    assert as_mapping({"a": 1}) == {"a": 1}
    assert as_mapping([1]) == as_mapping(None) == {}
