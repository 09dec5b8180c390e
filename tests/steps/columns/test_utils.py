"""Combined rows lose no value, and their metadata is merged."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.columns.utils import (
    group_columns,
    merge_columns,
    merge_distilabel_metadata,
)


def test_metadata_keys_that_occur_once_stay_and_others_become_lists() -> None:
    merged = merge_distilabel_metadata(
        {"distilabel_metadata": {"a": 1}}, {"distilabel_metadata": {"a": 2, "b": 3}}, {"c": 4}
    )
    assert merged == {"a": [1, 2], "b": 3}


def test_metadata_of_grouped_generations_is_joined_as_a_list() -> None:
    merged = merge_distilabel_metadata(
        {"distilabel_metadata": [{"a": 1}]}, {"distilabel_metadata": {"b": 2}}
    )
    assert merged == [{"a": 1}, {"b": 2}]


def test_grouping_keeps_the_order_of_predecessors_and_the_last_of_other_columns() -> None:
    assert group_columns([{"a": 1, "b": 2}], [{"a": 3, "b": 4}], group_columns=["a"]) == [
        {"grouped_a": [1, 3], "b": 4}
    ]


def test_grouping_under_the_same_name_replaces_the_column() -> None:
    assert group_columns(
        [{"a": 1}], [{"a": 2}], group_columns=["a"], output_group_columns=["a"]
    ) == [{"a": [1, 2]}]


def test_lists_of_different_length_are_not_cut_silently() -> None:
    with pytest.raises(ValueError, match="shorter"):
        group_columns([{"a": 1}, {"a": 2}], [{"a": 3}], group_columns=["a"])


def test_merging_extends_lists_appends_values_and_leaves_the_row_alone() -> None:
    row = {"a": 1, "b": [2, 3], "c": 4}
    assert merge_columns(row, ["a", "b"]) == {"c": 4, "combined_key": [1, 2, 3]}
    assert row == {"a": 1, "b": [2, 3], "c": 4}


def test_metadata_of_grouped_generations_is_one_list_wherever_it_stands() -> None:
    one: Any = {"distilabel_metadata": {"a": 1}}
    two: Any = {"distilabel_metadata": [{"b": 2}, {"b": 3}]}
    assert merge_distilabel_metadata(one, two) == [{"a": 1}, {"b": 2}, {"b": 3}]
    assert merge_distilabel_metadata(two, {}, one) == [{"b": 2}, {"b": 3}, {"a": 1}]
