"""`GroupColumns`: one list per column, in the order the predecessors were connected."""

from __future__ import annotations

import pytest

from distilabel.steps.columns.group import GroupColumns


def test_values_are_collected_and_named() -> None:
    group = GroupColumns(columns=["a"], output_columns=["as"])
    assert next(group.process([{"a": 1}], [{"a": 2}])) == [{"as": [1, 2]}]
    assert group.outputs == ["as"]


def test_a_failed_predecessor_leaves_none_in_its_place() -> None:
    assert next(GroupColumns(columns=["a"]).process([{"a": None}], [{"a": 2}])) == [
        {"grouped_a": [None, 2]}
    ]


def test_metadata_of_all_predecessors_stays() -> None:
    rows = next(
        GroupColumns(columns=["a"]).process(
            [{"a": 1, "distilabel_metadata": {"raw_x": 1}}],
            [{"a": 2, "distilabel_metadata": {"raw_y": 2}}],
        )
    )
    assert rows[0]["distilabel_metadata"] == {"raw_x": 1, "raw_y": 2}


def test_names_and_columns_must_match() -> None:
    group = GroupColumns(columns=["a", "b"], output_columns=["as"])
    with pytest.raises(ValueError, match="2 columns"):
        next(group.process([{"a": 1, "b": 2}], [{"a": 2, "b": 3}]))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match=r"group: a row has no column 'a'"):
        next(GroupColumns(columns=["a"], name="group").process([{"b": 1}]))
