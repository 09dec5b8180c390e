"""Protects how iterables are split into groups."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.utils.itertools import batched, grouper


def test_the_last_batch_may_be_shorter() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    with pytest.raises(ValueError, match="at least 1"):
        list(batched([], 0))


def test_an_incomplete_group_is_filled_dropped_or_an_error() -> None:
    assert list(grouper("abc", 2, fillvalue="-")) == [("a", "b"), ("c", "-")]
    assert list(grouper("abc", 2, incomplete="ignore")) == [("a", "b")]
    with pytest.raises(ValueError):
        list(grouper("abc", 2, incomplete="strict"))
    unknown: Any = "odd"
    with pytest.raises(ValueError, match="odd"):
        grouper("abc", 2, incomplete=unknown)
