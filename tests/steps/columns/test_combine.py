"""`CombineOutputs`: every column of every predecessor arrives."""

from __future__ import annotations

import pytest

from distilabel.steps.columns.combine import CombineOutputs


def test_the_later_predecessor_wins_and_nothing_else_is_lost() -> None:
    rows = next(
        CombineOutputs().process([{"a": 1, "b": 2}, {"a": 3, "b": 4}], [{"c": 5, "b": 9}, {"c": 6}])
    )
    assert rows == [{"a": 1, "b": 9, "c": 5}, {"a": 3, "b": 4, "c": 6}]


def test_metadata_is_merged_not_overwritten() -> None:
    rows = next(
        CombineOutputs().process(
            [{"distilabel_metadata": {"x": 1}}], [{"distilabel_metadata": {"x": 3, "y": 2}}]
        )
    )
    assert rows == [{"distilabel_metadata": {"x": [1, 3], "y": 2}}]


def test_metadata_that_is_none_in_one_predecessor_keeps_the_others() -> None:
    rows = next(
        CombineOutputs().process(
            [{"distilabel_metadata": {"x": 1}}], [{"distilabel_metadata": None}]
        )
    )
    assert rows == [{"distilabel_metadata": {"x": 1}}]


def test_the_rows_of_the_predecessors_are_not_changed() -> None:
    left, right = [{"a": 1}], [{"b": 2}]
    next(CombineOutputs().process(left, right))
    assert (left, right) == ([{"a": 1}], [{"b": 2}])


def test_unaligned_rows_are_rejected() -> None:
    with pytest.raises(ValueError, match="shorter"):
        next(CombineOutputs().process([{"a": 1}, {"a": 2}], [{"b": 1}]))


def test_it_takes_several_predecessors() -> None:
    assert CombineOutputs().has_multiple_inputs()
