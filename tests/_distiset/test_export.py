"""Protects exported files: they have all rows, in the types of the format, or do not exist."""

from __future__ import annotations

import csv
import datetime
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict, Features, Image, Value, load_dataset
from PIL import Image as Pictures

from distilabel._distiset import export as module
from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError

ROW: dict[str, Any] = {
    "text": 'a "b",\nü',
    "messages": [{"role": "user", "content": "hi", "name": None}],
    "scores": [1.5, None],
    "day": datetime.date(2026, 1, 2),
    "at": datetime.datetime(2026, 1, 2, 3, 4, 5),
    "nan": float("nan"),
    "none": None,
    "raw": b"\0\xff",
}


def test_every_type_has_a_form_in_every_format(tmp_path: Path) -> None:
    distiset = Distiset(default=DatasetDict(train=Dataset.from_list([ROW])))
    [parquet] = distiset.export(tmp_path)
    [lines] = distiset.export(tmp_path, "jsonl")
    [table] = distiset.export(tmp_path, to="csv")
    assert [file.name for file in (parquet, lines, table)] == [
        "default-train.parquet",
        "default-train.jsonl",
        "default-train.csv",
    ]
    back = load_dataset("parquet", data_files=str(parquet), cache_dir=str(tmp_path), split="train")
    assert str(back[0]) == str(distiset["default"]["train"][0])

    plain = json.loads(lines.read_text())
    assert plain == ROW | {
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05",
        "nan": None,
        "raw": "AP8=",
    }
    heads, cells = csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline=""))
    assert dict(zip(heads, cells, strict=True)) == {
        "text": ROW["text"],
        "messages": '[{"role":"user","content":"hi","name":null}]',
        "scores": "[1.5,null]",
        "day": "2026-01-02",
        "at": "2026-01-02 03:04:05",
        "nan": "nan",
        "none": "",
        "raw": "AP8=",
    }


def test_images_are_in_the_parquet_file(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    Pictures.new("RGB", (2, 2), "red").save(file)
    features = Features({"image": Image(), "n": Value("int64")})
    rows = Dataset.from_list([{"image": str(file), "n": 1}], features=features)
    [parquet] = Distiset(default=rows).export(tmp_path / "out")
    file.unlink()
    back = load_dataset("parquet", data_files=str(parquet), cache_dir=str(tmp_path), split="train")
    assert back[0]["image"].getpixel((0, 0)) == (255, 0, 0)


def test_conversations_are_exported_and_rows_without_one_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{"instruction": "a", "generation": g, "n": 1} for g in ("b", None, "c", None)]
    distiset = Distiset(default=Dataset.from_list(rows))
    with caplog.at_level(logging.WARNING):
        [file] = distiset.export(tmp_path, "openai")
    exported = map(json.loads, file.read_text().splitlines())
    answers = [row["messages"][-1]["content"] for row in exported]
    assert answers == ["b", "c"]
    assert "2 rows left out of 4. row 1: 'generation' is empty" in caplog.text

    _, described = distiset.export(tmp_path, "llamafactory")
    assert json.loads(described.read_text())["default-train"]["file_name"] == "default-train.jsonl"


def test_a_file_that_could_not_be_finished_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(row: Any) -> bytes:
        raise OSError("no space left on device")

    monkeypatch.setattr(module, "_json_line", full)
    with pytest.raises(OSError, match="no space"):
        Distiset(default=Dataset.from_list([{"a": 1}])).export(tmp_path, "jsonl")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_exported_is_told_before_a_file_is_written(tmp_path: Path) -> None:
    rows = Dataset.from_list([{"a": 1}])
    for distiset, to, problem in (
        (Distiset(default=rows), "xml", "'xml' is not known"),
        (Distiset(), "csv", "empty"),
        (Distiset(default=rows), "openai", "default-train has no conversations"),
        (Distiset({"../a": rows}), "csv", "not that of a folder"),
    ):
        with pytest.raises(DistilabelUserError, match=problem):
            distiset.export(tmp_path / "out", to)
    assert not (tmp_path / "out").exists()
