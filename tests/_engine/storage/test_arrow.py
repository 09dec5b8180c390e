"""Protects the conversion of rows to tables: a value without an Arrow type costs no row."""

from __future__ import annotations

import logging

import pyarrow as pa
import pytest

from distilabel._engine.storage.arrow import common_schema, conform, to_table


def test_a_column_without_a_common_type_is_text_and_the_warning_names_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger="distilabel"):
        table = to_table([{"v": 1}, {"v": "two"}, {"v": {"three": [3]}}, {"v": None}])
    assert table["v"].to_pylist() == ["1", "two", '{"three":[3]}', None]
    assert "column 'v'" in caplog.text


def test_every_key_of_any_row_is_a_column_in_order_of_appearance() -> None:
    table = to_table([{"b": 1}, {"a": 2, "b": 3}])
    assert table.column_names == ["b", "a"]
    assert table["a"].to_pylist() == [None, 2]


def test_a_struct_without_fields_becomes_null() -> None:
    table = to_table([{"v": {}, "w": [{}, {}]}])
    assert table["v"].to_pylist() == [None]
    assert table["w"].to_pylist() == [[None, None]]


def test_parts_of_other_types_share_one_schema_and_lose_nothing() -> None:
    one, two = to_table([{"a": 1, "b": 1}]), to_table([{"a": 1.5, "b": "text"}])
    schema = common_schema([one.schema, two.schema])
    whole = pa.concat_tables([conform(one, schema), conform(two, schema)])
    assert whole.to_pylist() == [{"a": 1.0, "b": "1"}, {"a": 1.5, "b": "text"}]
