"""Protects reading a run's outputs: all rows in order, whatever else is in its directory."""

from __future__ import annotations

import datetime
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset
from PIL import Image as Pictures

from distilabel._distiset import run_outputs
from distilabel._distiset.run_outputs import read_outputs
from distilabel.distiset import Distiset, create_distiset
from distilabel.pipeline import Pipeline
from distilabel.steps import KeepColumns, LoadDataFromDicts


def test_a_file_that_cannot_be_read_is_skipped_with_a_warning(
    data_dir: Path, run_rows: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    (data_dir / "steps_outputs" / "empty").mkdir()
    (data_dir / "steps_outputs" / "keep" / "5.parquet").write_bytes(b"not parquet")
    with caplog.at_level(logging.WARNING):
        distiset = create_distiset(data_dir)
    assert distiset["default"]["train"].to_list() == run_rows
    assert "'empty'" in caplog.text
    assert "5.parquet" in caplog.text


@pytest.mark.parametrize("limit", [run_outputs.IN_MEMORY_LIMIT, 0])
def test_columns_that_are_empty_in_some_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(run_outputs, "IN_MEMORY_LIMIT", limit)
    leaf = tmp_path / "run" / "data" / "steps_outputs" / "keep"
    leaf.mkdir(parents=True)
    Dataset.from_list([{"a": None, "b": 1}]).to_parquet(leaf / "1.parquet")
    Dataset.from_list([{"a": "x"}]).to_parquet(leaf / "2.parquet")
    dataset = create_distiset(tmp_path / "run" / "data")["default"]["train"]
    assert dataset.to_list() == [{"a": None, "b": 1}, {"a": "x", "b": None}]


def test_many_rows_are_not_held_in_memory(
    data_dir: Path, run_rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_outputs, "IN_MEMORY_LIMIT", 0)
    dataset = create_distiset(data_dir)["default"]["train"]
    assert dataset.to_list() == run_rows
    assert dataset.cache_files


def test_a_run_killed_while_its_files_were_put_in_order_has_all_rows(tmp_path: Path) -> None:
    for name, value in (("leaf.sorted", 1), ("leaf.unsorted", 2), ("other.sorted", 3)):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"a": [value]}), tmp_path / name / "00001.parquet")
    found = read_outputs(tmp_path)
    assert {name: dataset["train"].to_list() for name, dataset in found.items()} == {
        "leaf": [{"a": 2}]
    }


@pytest.mark.parametrize("limit", [run_outputs.IN_MEMORY_LIMIT, 0])
def test_rows_of_any_kind_survive_a_run_and_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(run_outputs, "IN_MEMORY_LIMIT", limit)
    row: dict[str, Any] = {
        "audio": "/data/a.wav",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}],
        "day": datetime.date(2026, 1, 2),
        "at": datetime.datetime(2026, 1, 2, 3, 4, 5, 678901),
        "nan": float("nan"),
        "vector": [0.5, float("nan")],
        "none": None,
        "nested": {"a": {"b": [None, 1]}},
    }
    picture = Pictures.new("RGB", (2, 1), "red")
    with Pipeline("p", cache_dir=tmp_path / "cache") as pipeline:
        LoadDataFromDicts(data=[{**row, "image": picture}]) >> KeepColumns(columns=[*row, "image"])
    distiset = pipeline.run()
    distiset.save_to_disk(tmp_path / "saved")
    for made in (distiset, Distiset.load_from_disk(tmp_path / "saved")):
        [found] = made["default"]["train"]
        assert found.pop("image").getpixel((1, 0)) == (255, 0, 0)
        assert str(found) == str(row)
