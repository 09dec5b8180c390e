"""`ExpandColumns`: one row per item; no item is lost and no row is added."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.errors import DistilabelUserError
from distilabel.steps.columns.expand import ExpandColumns


def expanded(row: dict[str, Any], **arguments: Any) -> list[dict[str, Any]]:
    return next(ExpandColumns(**arguments).process([row]))


def test_several_columns_are_expanded_side_by_side() -> None:
    assert expanded({"a": [1, 2], "b": ["x", "y"], "k": 0}, columns=["a", "b"]) == [
        {"a": 1, "b": "x", "k": 0},
        {"a": 2, "b": "y", "k": 0},
    ]


def test_shorter_lists_are_filled_up_with_none() -> None:
    rows = expanded({"a": [1, 2], "b": ["x", "y", "z"]}, columns=["a", "b"])
    assert rows[2] == {"a": None, "b": "z"}


def test_a_new_name_keeps_the_original_column() -> None:
    assert expanded({"a": [1, 2]}, columns={"a": "item"}) == [
        {"a": [1, 2], "item": 1},
        {"a": [1, 2], "item": 2},
    ]


def test_none_keeps_the_row_and_an_empty_list_drops_it() -> None:
    assert expanded({"a": None, "k": 0}, columns=["a"]) == [{"a": None, "k": 0}]
    assert expanded({"a": None, "b": None}, columns=["a", "b"]) == [{"a": None, "b": None}]
    assert expanded({"a": [], "k": 0}, columns=["a"]) == []


@pytest.mark.parametrize("encoded", [True, ["a"]])
def test_lists_as_json_text_are_read(encoded: Any) -> None:
    assert expanded({"a": "[1, 2]"}, columns=["a"], encoded=encoded) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("value", ["text", 3, {"k": 1}])
def test_other_values_than_lists_are_rejected(value: Any) -> None:
    with pytest.raises(DistilabelUserError, match="`encoded`"):
        expanded({"a": value}, columns=["a"])


def test_text_that_is_not_json_is_rejected() -> None:
    with pytest.raises(DistilabelUserError, match="not valid JSON"):
        expanded({"a": "[1,"}, columns=["a"], encoded=True)


def test_encoded_columns_must_be_among_the_columns() -> None:
    with pytest.raises(ValidationError, match="'z'"):
        ExpandColumns(columns=["a"], encoded=["z"])


@pytest.mark.parametrize("counts", [10, [10]])
def test_token_counts_are_divided_among_the_rows(counts: Any) -> None:
    metadata = {"statistics_t": {"input_tokens": counts, "output_tokens": counts}, "other": 1}
    row = {"a": [1, 2], "b": [3, 4], "distilabel_metadata": metadata}
    rows = expanded(row, columns=["a", "b"], split_statistics=True)
    assert [row["distilabel_metadata"] for row in rows] == [
        {"statistics_t": {"input_tokens": [5], "output_tokens": [5]}, "other": 1}
    ] * 2
    assert metadata["statistics_t"] == {"input_tokens": counts, "output_tokens": counts}


@pytest.mark.parametrize("items", [[], None])
def test_token_counts_of_a_row_without_items_are_no_error(items: Any) -> None:
    metadata = {"statistics_t": {"input_tokens": [10], "output_tokens": None}}
    row = {"a": items, "distilabel_metadata": metadata}
    kept = [] if items == [] else [{"input_tokens": [10], "output_tokens": [None]}]
    rows = expanded(row, columns=["a"], split_statistics=True)
    assert [row["distilabel_metadata"]["statistics_t"] for row in rows] == kept


def test_columns_are_a_dict_and_encoded_a_list_in_the_dump() -> None:
    dump = ExpandColumns(columns=["a", "c"], encoded=True).dump()
    assert dump["columns"] == {"a": "a", "c": "c"}
    assert dump["encoded"] == ["a", "c"]
    assert ExpandColumns.from_dict(dump).dump() == dump


def test_a_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match=r"expand: a row has no column 'z'"):
        expanded({"a": [1]}, columns=["z"], name="expand")
