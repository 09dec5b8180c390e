"""Rows of a dataset in batches: each row once, the last batch flagged, streaming or not."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset, IterableDataset

from distilabel.steps.generators._rows import batches, column_names

ROWS = [{"a": i, "b": str(i)} for i in range(7)]


def dataset(*, streaming: bool) -> Any:
    if streaming:
        return IterableDataset.from_generator(lambda: iter(ROWS))
    return Dataset.from_list(ROWS)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("size", [1, 2, 7, 50])
@pytest.mark.parametrize(
    ("offset", "limit"), [(0, None), (3, None), (6, None), (0, 4), (3, 4), (4, 4), (0, 90), (2, 90)]
)
def test_every_row_once_and_only_the_last_batch_flagged(
    streaming: bool, size: int, offset: int, limit: int | None
) -> None:
    read = list(batches(dataset(streaming=streaming), size, offset, limit))
    assert [row for rows, _ in read for row in rows] == ROWS[:limit][offset:]
    assert [last for _, last in read] == [False] * (len(read) - 1) + [True]
    assert all(len(rows) == size for rows, _ in read[:-1])


@pytest.mark.parametrize("streaming", [False, True])
def test_past_the_end_there_is_one_empty_batch(streaming: bool) -> None:
    assert list(batches(dataset(streaming=streaming), 2, 9, None)) == [([], True)]


@pytest.mark.parametrize("streaming", [False, True])
def test_column_names(streaming: bool) -> None:
    assert column_names(dataset(streaming=streaming)) == ["a", "b"]


def test_an_empty_stream_has_no_columns() -> None:
    assert column_names(IterableDataset.from_generator(lambda: iter([]))) == []
