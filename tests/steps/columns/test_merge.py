"""`MergeColumns`: several columns become one list, and no value is lost."""

from __future__ import annotations

import pytest

from distilabel.steps.columns.merge import CombineKeys, MergeColumns


def test_values_and_lists_become_one_list() -> None:
    merge = MergeColumns(columns=["a", "b"], output_column="all")
    assert next(merge.process([{"a": 1, "b": [2, 3], "c": 4}])) == [{"c": 4, "all": [1, 2, 3]}]


def test_the_name_of_the_list_may_be_left_out() -> None:
    merge = MergeColumns(columns=["a", "b"])
    assert merge.outputs == ["merged_column"]
    assert next(merge.process([{"a": 1, "b": None}])) == [{"merged_column": [1, None]}]


def test_the_list_may_have_the_name_of_a_merged_column() -> None:
    merge = MergeColumns(columns=["a", "b"], output_column="a")
    assert next(merge.process([{"a": 1, "b": 2}])) == [{"a": [1, 2]}]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match=r"merge: a row has no column 'z'"):
        next(MergeColumns(columns=["z"], name="merge").process([{"a": 1}]))


def test_combine_keys_of_1_3_takes_its_own_arguments() -> None:
    for fields in (
        {"keys": ["a", "b"], "output_key": "c"},
        {"columns": ["a", "b"], "output_column": "c"},
    ):
        step = CombineKeys(**fields)
        assert (step.inputs, step.outputs) == (["a", "b"], ["c"])
        assert next(step.process([{"a": 1, "b": [2]}])) == [{"c": [1, 2]}]
    dump = {
        "keys": ["a"],
        "output_key": "c",
        "type_info": {"module": "distilabel.steps", "name": "CombineKeys"},
    }
    assert CombineKeys.from_dict(dump).columns == ["a"]
