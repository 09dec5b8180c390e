"""Rows are written in key order and with nothing lost, whatever is in them."""

from __future__ import annotations

import datetime
import random
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from distilabel._engine.storage import parquet_writer as module
from distilabel._engine.storage.parquet_writer import ParquetWriter
from distilabel.errors import DistilabelUserError


def written(parts: list[tuple[list[Any], list[Any]]], folder: Path) -> list[dict[str, Any]]:
    output = ParquetWriter(folder)
    for keys, rows in parts:
        output.add(keys, rows)
        output.cut()
        output.write()
    output.finish()
    rows = []
    for file in sorted(folder.glob("*")):
        assert file.suffix == ".parquet"
        rows += pq.read_table(file).to_pylist()
    return rows


def keyed(*rows: dict[str, Any], start: int = 0) -> tuple[list[Any], list[Any]]:
    return [(start + i,) for i in range(len(rows))], list(rows)


@pytest.mark.parametrize("seed", range(5))
def test_overlapping_parts_are_put_in_order(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PART_ROWS", 7)
    monkeypatch.setattr(module, "_PARTS_IN_MEMORY", 2)
    rng = random.Random(seed)
    keys: list[Any] = [(i,) if i % 3 else (i, j) for i in range(100) for j in range(2 - i % 2)]
    keys = list(dict.fromkeys(keys))
    shuffled = sorted(keys, key=lambda key: key[0] + rng.uniform(0, 40))
    parts = [shuffled[i : i + 9] for i in range(0, len(shuffled), 9)]
    rows = written([(part, [{"k": list(key)} for key in part]) for part in parts], tmp_path)
    assert [tuple(row["k"]) for row in rows] == sorted(keys)


def test_null_first_and_text_later(tmp_path: Path) -> None:
    parts = [keyed({"a": None}), keyed({"a": "x"}, start=1), keyed({"a": None}, start=2)]
    assert written(parts, tmp_path) == [{"a": None}, {"a": "x"}, {"a": None}]


def test_a_struct_may_grow(tmp_path: Path) -> None:
    parts = [keyed({"a": {"x": 1}}), keyed({"a": {"x": 2, "y": ["z"]}}, start=1)]
    assert written(parts, tmp_path) == [
        {"a": {"x": 1, "y": None}},
        {"a": {"x": 2, "y": ["z"]}},
    ]


def test_nested_null_first(tmp_path: Path) -> None:
    parts = [
        keyed({"a": [{"x": None}], "b": []}),
        keyed({"a": [{"x": "y"}], "b": [1]}, start=1),
    ]
    assert written(parts, tmp_path) == [
        {"a": [{"x": None}], "b": []},
        {"a": [{"x": "y"}], "b": [1]},
    ]


def test_columns_that_come_later(tmp_path: Path) -> None:
    parts = [keyed({"a": 1}), keyed({"b": 2}, start=1)]
    assert written(parts, tmp_path) == [{"a": 1, "b": None}, {"a": None, "b": 2}]


def test_mixed_types_are_kept_as_json_text(tmp_path: Path) -> None:
    parts = [keyed({"a": 1}, {"a": "x"}, {"a": None}, {"a": {"b": [1]}})]
    assert [row["a"] for row in written(parts, tmp_path)] == ["1", "x", None, '{"b":[1]}']


def test_parts_of_different_types_are_kept_as_json_text(tmp_path: Path) -> None:
    parts = [keyed({"a": 1, "b": 1}), keyed({"a": {"x": 1}, "b": 2.5}, start=1)]
    parts.append(keyed({"a": "text", "b": None}, start=2))
    rows = written(parts, tmp_path)
    assert [row["a"] for row in rows] == ["1", '{"x":1}', "text"]
    assert [row["b"] for row in rows] == [1.0, 2.5, None]


def test_an_integer_beyond_floats_stays_exact_beside_a_later_part_of_floats(tmp_path: Path) -> None:
    parts = [keyed({"a": 2**62 + 1}), keyed({"a": 1.5}, start=1)]
    assert [row["a"] for row in written(parts, tmp_path)] == [str(2**62 + 1), "1.5"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({}, None),
        ([{}], [None]),
        ({"a": {}, "b": 1}, {"a": None, "b": 1}),
        ({1: "a"}, '{"1":"a"}'),
        (b"\x00\xff", b"\x00\xff"),
        (datetime.datetime(2024, 1, 2, 3), datetime.datetime(2024, 1, 2, 3)),
        (np.int64(3), 3),
        (np.array([1.5, 2.0]), [1.5, 2.0]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (2**70, str(2**70)),
        ((1, 2), [1, 2]),
        ([None, [None]], [None, [None]]),
        ({"a": {"b": None}}, {"a": {"b": None}}),
        ("half a pair \ud83d", "half a pair \ufffd"),
        ([{"deep": "\udc00"}], [{"deep": "\ufffd"}]),
        ([{"deep": "\udc00"}, 2**70], '[{"deep":"\ufffd"},1180591620717411303424]'),
        ({"a": 1, "b": [1, "x"]}, '{"a":1,"b":[1,"x"]}'),
        ([{1}, {"a"}], '[[1],["a"]]'),
    ],
)
def test_every_value_has_a_place(value: Any, read: Any, tmp_path: Path) -> None:
    assert written([keyed({"a": value}, {"a": None})], tmp_path) == [{"a": read}, {"a": None}]


def test_an_empty_dict_before_a_full_one(tmp_path: Path) -> None:
    parts = [keyed({"a": {}}), keyed({"a": {"x": 1}}, start=1)]
    assert written(parts, tmp_path) == [{"a": None}, {"a": {"x": 1}}]


def test_names_of_columns_become_text(tmp_path: Path) -> None:
    assert written([keyed({1: "a", "b": "c"})], tmp_path) == [{"1": "a", "b": "c"}]  # type: ignore[dict-item]


def test_many_parts(tmp_path: Path) -> None:
    parts = [keyed({"i": i}, start=i) for i in reversed(range(120))]
    assert [row["i"] for row in written(parts, tmp_path)] == list(range(120))


def test_what_is_not_full_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = ParquetWriter(tmp_path)
    output.add([(0,)], [{"a": 1}])
    assert not output.is_full
    monkeypatch.setattr(module, "_PART_BYTES", 1000)
    output.add([(1,)], [{"a": "x" * 2000}])
    assert output.is_full


def test_nothing_gives_no_file(tmp_path: Path) -> None:
    assert written([], tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "my_step"
    folder.mkdir()
    (folder / "00001.parquet").mkdir()
    output = ParquetWriter(folder)
    output.add([(0,)], [{"a": 1}])
    with pytest.raises(OSError, match=r"rows of my_step cannot be written.*run again"):
        output.finish()


def test_a_part_that_is_still_being_written_at_the_end_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = module._write

    def slow(table: Any, path: Path) -> None:
        threading.Event().wait(0.1)
        write(table, path)

    monkeypatch.setattr(module, "_write", slow)
    output = ParquetWriter(tmp_path)
    output.add([(0,)], [{"a": 0}])
    output.cut()
    # As when a run is stopped: nobody waits for the thread any more.
    thread = threading.Thread(target=output.write)
    thread.start()
    output.add([(1,)], [{"a": 1}])
    output.finish()
    thread.join()
    files = sorted(tmp_path.glob("*.parquet"))
    assert [row["a"] for file in files for row in pq.read_table(file).to_pylist()] == [0, 1]


def test_a_part_that_could_not_be_written_once_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = module._write
    left = [OSError("no space left on device")]

    def full_once(table: Any, path: Path) -> None:
        if left:
            raise left.pop()
        write(table, path)

    monkeypatch.setattr(module, "_write", full_once)
    output = ParquetWriter(tmp_path)
    for number in range(3):
        output.add([(number,)], [{"a": number}])
        output.cut()
    with pytest.raises(OSError, match="no space"):
        output.write()
    output.finish()
    files = sorted(tmp_path.glob("*.parquet"))
    assert [row["a"] for file in files for row in pq.read_table(file).to_pylist()] == [0, 1, 2]


def test_rows_of_one_part_are_put_in_order_wherever_they_overtook(tmp_path: Path) -> None:
    # First and last are in place.
    keys: list[Any] = [(0,), (2,), (1, 1), (1, 0), (3,)]
    rows = written([(keys, [{"k": list(key)} for key in keys])], tmp_path)
    assert [tuple(row["k"]) for row in rows] == sorted(keys)


@pytest.mark.parametrize("removed", ["folder", "part"])
def test_rows_that_are_removed_during_the_run_are_noticed(removed: str, tmp_path: Path) -> None:
    folder = tmp_path / "step"
    output = ParquetWriter(folder)
    for start in range(3):
        output.add(*keyed({"a": 1}, start=start))
        output.cut()
        output.write()
    if removed == "folder":
        shutil.rmtree(folder)
    else:
        (folder / "00002.parquet").unlink()
    with pytest.raises(DistilabelUserError, match=r"Rows of step are gone: .*was removed"):
        output.finish()


def test_a_reader_meets_only_whole_parts_and_small_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PART_ROWS", 2500)
    seen: list[list[int]] = []
    write = pq.write_table

    def watched(table: Any, file: Any, **options: Any) -> None:
        write(table, file, **options)
        seen.append([pq.read_metadata(path).num_rows for path in tmp_path.rglob("*.parquet")])

    monkeypatch.setattr(pq, "write_table", watched)
    rows = [{"a": i} for i in range(2500)]
    assert written([keyed(*rows, start=2500), keyed(*rows)], tmp_path / "step") == [*rows, *rows]
    # Two parts as they came, then two in order.
    assert seen == [[], [2500], [2500] * 2, [2500] * 3]
    metadata = pq.read_metadata(tmp_path / "step" / "00001.parquet")
    assert [metadata.row_group(i).num_rows for i in range(3)] == [1000, 1000, 500]
    assert [path.name for path in tmp_path.iterdir()] == ["step"]


def test_few_rows_are_written_after_a_while_and_merged_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    output = ParquetWriter(tmp_path / "step")
    for number in range(4):
        output.add(*keyed({"a": number}, start=number))
        assert not output.is_full
        now[0] += 60
        assert output.is_full
        output.cut()
        assert not output.is_full
        output.write()
    assert len(list((tmp_path / "step").glob("*.parquet"))) == 4
    output.finish()
    assert pq.read_table(tmp_path / "step" / "00001.parquet").num_rows == 4
