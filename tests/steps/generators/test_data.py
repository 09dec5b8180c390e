"""`LoadDataFromDicts`: every row once, in order, without changing the caller's rows."""

from __future__ import annotations

import time
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import ValidationError

from distilabel.steps.generators.data import LoadDataFromDicts

ROWS: list[dict[str, Any]] = [{"a": i, "b": [i]} for i in range(5)]


def loader(**fields: Any) -> LoadDataFromDicts:
    step = LoadDataFromDicts(**{"data": ROWS, "batch_size": 2, **fields})
    step.load()
    return step


def test_rows_come_in_batches_and_the_last_is_marked() -> None:
    assert list(loader().process()) == [
        (ROWS[0:2], False),
        (ROWS[2:4], False),
        (ROWS[4:5], True),
    ]


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 4])
def test_an_offset_leaves_out_as_many_rows(offset: int) -> None:
    batches = list(loader().process(offset=offset))
    assert [row for rows, _ in batches for row in rows] == ROWS[offset:]
    assert [last for _, last in batches].count(True) == 1
    assert batches[-1][1]


@pytest.mark.parametrize("offset", [5, 9])
def test_an_offset_past_the_last_row_yields_one_empty_batch(offset: int) -> None:
    assert list(loader().process(offset=offset)) == [([], True)]


def test_changing_rows_in_place_changes_neither_the_data_nor_a_second_run() -> None:
    data = [{"a": 1}]
    step = loader(data=data)
    for rows, _ in step.process():
        rows[0]["a"] = "changed"
    assert data == [{"a": 1}]
    assert list(step.process()) == [([{"a": 1}], True)]


def test_the_rows_are_not_copied_before_they_are_loaded() -> None:
    """A copy of each would double the memory of a long list; the list itself may be changed."""
    data: list[dict[str, Any]] = [{"a": 1}, {"b": [2]}]
    step = loader(data=data)
    assert [id(row) for row in step.data] == [id(row) for row in data]
    data.clear()
    assert step.data == [{"a": 1}, {"b": [2]}]


@pytest.mark.parametrize("data", [({"a": 1},), [OrderedDict(a=1)], [MappingProxyType({"a": 1})]])
def test_other_collections_become_plain_rows(data: Any) -> None:
    step = loader(data=data)
    assert step.data == [{"a": 1}]
    assert type(step.data[0]) is dict


@pytest.mark.parametrize("data", [[{1: 2}], ["text"], {"a": 1}, [[("a", 1)]], None])
def test_what_is_not_a_row_is_refused(data: Any) -> None:
    with pytest.raises(ValidationError, match="data"):
        LoadDataFromDicts(data=data)


def test_an_empty_list_is_allowed() -> None:
    step = loader(data=[])
    assert step.outputs == []
    assert list(step.process()) == [([], True)]


def test_outputs_are_the_keys_and_can_be_renamed() -> None:
    step = loader(data=[{"a": 1}], output_mappings={"a": "z"})
    assert step.outputs == ["a"]
    assert step.get_outputs() == {"z": True}
    assert list(step.process_applying_mappings()) == [([{"z": 1}], True)]


def test_the_data_stay_out_of_the_dump() -> None:
    assert "data" not in loader().dump()


def test_a_million_rows_take_seconds_at_most() -> None:
    step = loader(data=[{"a": 1}] * 1_000_000, batch_size=50)
    start = time.monotonic()
    assert sum(len(rows) for rows, _ in step.process()) == 1_000_000
    # Popping rows off the front of the list, one by one, takes minutes.
    assert time.monotonic() - start < 10
