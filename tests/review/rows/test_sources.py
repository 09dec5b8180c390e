"""Distisets, directories of runs, and Parquet, Arrow and JSON files open without an import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets import Dataset, DatasetDict

from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError
from distilabel.review.rows.sources import open_tables, tables_of
from reviewing import preference_rows, write_parts

ROWS = preference_rows(7)


def test_the_directory_of_a_run_opens_with_the_names_of_its_distiset(tmp_path: Path) -> None:
    outputs = tmp_path / "run" / "data" / "steps_outputs"
    write_parts(outputs / "judge", ROWS)
    [table] = open_tables(tmp_path / "run")
    assert (table.name, len(table)) == ("default-train", 7)
    write_parts(outputs / "other", ROWS)
    assert [each.name for each in open_tables(tmp_path / "run")] == ["judge-train", "other-train"]


def test_a_saved_distiset_opens_without_its_library(tmp_path: Path) -> None:
    dataset = Dataset.from_list(ROWS)
    distiset = Distiset({"default": DatasetDict({"train": dataset, "test": dataset})})
    distiset.save_to_disk(tmp_path / "saved", num_shards=2)
    tables = open_tables(tmp_path / "saved")
    assert {table.name for table in tables} == {"default-train", "default-test"}
    assert tables[0].take(range(7)) == ROWS


def test_the_rows_of_a_shuffled_dataset_keep_their_order() -> None:
    dataset = Dataset.from_list(ROWS).select([3, 1, 5])
    [table] = tables_of({"default": dataset})
    assert [row["id"] for row in table.take([0, 1, 2])] == [3, 1, 5]


def test_single_files_open(tmp_path: Path) -> None:
    write_parts(tmp_path, ROWS, 1)
    assert len(open_tables(tmp_path / "00001.parquet")[0]) == 7
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    assert open_tables(tmp_path / "rows.jsonl")[0].take([2])[0]["id"] == 2


def test_parts_with_other_columns_are_read_as_one_table(tmp_path: Path) -> None:
    write_parts(tmp_path / "rows", ROWS, 1)
    more = [{"id": 99, "extra": "x"}]
    write_parts(tmp_path / "more", more, 1)
    (tmp_path / "more" / "00001.parquet").rename(tmp_path / "rows" / "00002.parquet")
    [table] = open_tables(tmp_path / "rows")
    first, last = table.take([0, 7])
    assert (first["extra"], last["extra"], last["instruction"]) == (None, "x", None)


def test_links_are_not_followed(tmp_path: Path) -> None:
    write_parts(tmp_path / "secret", ROWS, 1)
    write_parts(tmp_path / "rows", ROWS[:3], 1)
    (tmp_path / "rows" / "00002.parquet").symlink_to(tmp_path / "secret" / "00001.parquet")
    assert len(open_tables(tmp_path / "rows")[0]) == 3


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_a_path_without_rows_is_an_error(tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DistilabelUserError, match="the directory of a distiset"):
        open_tables(tmp_path / what)


def test_the_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    folder = write_parts(tmp_path / "rows", ROWS)
    before = open_tables(folder)[0].fingerprint
    assert open_tables(folder)[0].fingerprint == before
    write_parts(folder, ROWS[::-1])
    assert open_tables(folder)[0].fingerprint != before
