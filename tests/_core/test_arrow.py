"""Protects the conversion of rows to tables: a value without an Arrow type costs no row."""

from __future__ import annotations

import dataclasses
import enum
import logging
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from distilabel._core.arrow import (
    common_schema,
    conform,
    has_large_floats,
    large_integers,
    to_table,
)


class Point(BaseModel):
    x: int = 1


@dataclasses.dataclass
class Pair:
    left: Path


class Color(enum.Enum):
    RED = "red"


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


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (UUID(int=5), str(UUID(int=5))),
        ([UUID(int=5)], [str(UUID(int=5))]),
        (Path("a/b"), "a/b"),
        (Point(), {"x": 1}),
        ({"points": [Point(x=2)]}, {"points": [{"x": 2}]}),
        (Pair(Path("a")), {"left": "a"}),
        (Color.RED, "red"),
        ({2, 1}, [1, 2]),
    ],
)
def test_objects_are_stored_as_the_data_they_hold(
    value: Any, stored: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="distilabel"):
        assert to_table([{"v": value}, {"v": None}])["v"].to_pylist() == [stored, None]
    assert not caplog.records


def test_nan_in_a_column_of_text_stays_missing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="distilabel"):
        table = to_table([{"v": "a"}, {"v": float("nan")}, {"v": None}])
    assert table["v"].to_pylist() == ["a", None, None]
    assert not caplog.records


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"a": v}])
def test_deep_values_become_text_that_can_be_read_again(wrap: Any, tmp_path: Path) -> None:
    value: Any = 1
    for _ in range(300):
        value = wrap(value)
    pq.write_table(to_table([{"v": value}]), tmp_path / "deep.parquet")
    (text,) = pq.read_table(tmp_path / "deep.parquet")["v"].to_pylist()
    assert text.count("1") == 1
    assert len(text) > 600


@pytest.mark.parametrize("shape", [lambda v: v, lambda v: {"a": [{"b": v}]}])
def test_an_integer_is_not_rounded_because_another_part_has_floats(
    shape: Any, caplog: pytest.LogCaptureFixture
) -> None:
    exact = 2**62 + 1
    parts = [to_table([{"v": shape(exact)}]), to_table([{"v": shape(1.5)}])]
    large = large_integers(parts[0]) | large_integers(parts[1])
    with caplog.at_level(logging.WARNING, logger="distilabel"):
        schema = common_schema([part.schema for part in parts], large)
    whole = pa.concat_tables([conform(part, schema) for part in parts])["v"].to_pylist()
    assert str(exact) in whole[0]
    assert "1.5" in whole[1]
    assert "column 'v'" in caplog.text


def test_small_integers_beside_floats_stay_numbers() -> None:
    parts = [to_table([{"v": 2**40}]), to_table([{"v": 1.5}])]
    assert not large_integers(parts[0])
    schema = common_schema([part.schema for part in parts])
    assert pa.concat_tables([conform(part, schema) for part in parts])["v"].to_pylist() == [
        float(2**40),
        1.5,
    ]


def test_a_missing_value_stays_missing_where_a_column_becomes_text() -> None:
    parts = [to_table([{"v": 1}, {"v": None}]), to_table([{"v": "x"}, {"v": None}])]
    schema = common_schema([part.schema for part in parts])
    whole = pa.concat_tables([conform(part, schema) for part in parts])["v"].to_pylist()
    assert whole == ["1", None, "x", None]


@pytest.mark.parametrize(
    ("value", "may_be_rounded"),
    [
        # 2**53 + 1 becomes this float.
        (float(2**53), True),
        (-float(2**53), True),
        ([{"a": float(2**60)}], True),
        (float(2**53 - 1), False),
        (float("inf"), False),
        (float("nan"), False),
        (2**60, False),
    ],
)
def test_floats_that_may_be_rounded_integers_are_found(value: Any, may_be_rounded: bool) -> None:
    assert has_large_floats(to_table([{"v": value}, {"v": None}])) is may_be_rounded


def test_a_set_of_objects_has_the_same_order_in_every_run() -> None:
    first, second = UUID(int=1), UUID(int=8)
    for values in ({first, second}, {second, first}):
        assert to_table([{"v": values}])["v"].to_pylist() == [[str(first), str(second)]]
