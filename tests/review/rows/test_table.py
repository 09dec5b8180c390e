"""Rows are read where they are: any positions, any columns, and files that vanish are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.rows.sources import open_tables
from reviewing import in_memory, preference_rows, write_parts


def test_rows_of_several_parts_are_taken_in_the_order_asked_for(tmp_path: Path) -> None:
    rows = preference_rows(23)
    [table] = open_tables(write_parts(tmp_path / "rows", rows, 3))
    assert len(table) == 23
    assert table.take([22, 0, 9, 8]) == [rows[i] for i in (22, 0, 9, 8)]
    assert table.take([9], ["topic"]) == [{"topic": rows[9]["topic"]}]


def test_batches_begin_in_the_middle_of_a_piece(tmp_path: Path) -> None:
    rows = preference_rows(23)
    [table] = open_tables(write_parts(tmp_path / "rows", rows, 3))
    read = [(start, piece.num_rows) for start, piece in table.batches(["id"], 6)]
    assert read[0] == (6, 2)
    assert sum(count for _, count in read) == 17
    assert table.column("id").to_pylist() == list(range(23))


def test_a_position_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DistilabelUserError, match="there is no row 3; it has 3 rows"):
        in_memory(preference_rows(3)).take([3])


def test_a_file_that_was_removed_is_an_error_that_tells_what_to_do(tmp_path: Path) -> None:
    [table] = open_tables(write_parts(tmp_path / "rows", preference_rows(8), 2))
    (tmp_path / "rows" / "00002.parquet").unlink()
    assert len(table.take([1])) == 1
    with pytest.raises(DistilabelUserError, match="changed or removed after the review began"):
        table.take([7])
