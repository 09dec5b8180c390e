"""`KeepColumns`: only the named columns, in the given order."""

from __future__ import annotations

import pytest

from distilabel.steps.columns.keep import KeepColumns


def test_columns_come_in_the_order_they_are_named() -> None:
    rows = next(KeepColumns(columns=["b", "a"]).process([{"a": 1, "b": 2, "c": 3}]))
    assert [list(row.items()) for row in rows] == [[("b", 2), ("a", 1)]]


def test_several_predecessors_are_joined_first() -> None:
    keep = KeepColumns(columns=["a", "b"])
    assert next(keep.process([{"a": 1, "x": 0}], [{"b": 2}])) == [{"a": 1, "b": 2}]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match=r"keep: a row has no column 'z'"):
        next(KeepColumns(columns=["z"], name="keep").process([{"a": 1}]))
