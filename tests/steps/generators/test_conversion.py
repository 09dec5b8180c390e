"""Protects rows of files that `datasets` refuses: all are read, or the file and line are named."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilabel.steps.generators import conversion
from distilabel.steps.generators.conversion import UnreadableError, convert


def rows_of(tmp_path: Path, format: str, *contents: bytes | str, suffix: str = "") -> Any:
    files = []
    for number, content in enumerate(contents):
        files.append(tmp_path / f"{number}.{format}{suffix}")
        files[-1].write_bytes(content.encode() if isinstance(content, str) else content)
    parts = convert([str(file) for file in files], format, None, tmp_path / "cache")
    tables = [pq.read_table(part) for part in parts]
    assert all(table.schema == tables[0].schema for table in tables)
    return pa.concat_tables(tables).to_pylist()


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("early", "late", "read"),
    [
        (None, "late", [None, "late"]),
        (1, 1.5, [1.0, 1.5]),
        (1, "x", ["1", "x"]),
        ([], ["x"], [[], ["x"]]),
        ({"a": 1}, {"a": 1, "b": 2}, [{"a": 1, "b": None}, {"a": 1, "b": 2}]),
        ({"a": None}, {"a": "b"}, [{"a": None}, {"a": "b"}]),
        (2**70, 1, [str(2**70), "1"]),
        (2**60 + 1, 0.5, [str(2**60 + 1), "0.5"]),
        (True, 1, ["true", "1"]),
        ("\ud83d", "x", ["\ufffd", "x"]),
    ],
)
@pytest.mark.parametrize("distance", [0, 3])
def test_types_are_those_of_all_rows(
    early: Any,
    late: Any,
    read: list[Any],
    distance: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In one part of the rows, and in different ones.
    monkeypatch.setattr(conversion, "_PART_ROWS", 2)
    between: list[Any] = [{"v": None}] * distance
    rows = rows_of(tmp_path, "json", lines({"v": early}, *between, {"v": late}))
    assert [rows[0]["v"], rows[-1]["v"]] == read
    assert len(rows) == 2 + distance


def test_a_column_that_becomes_text_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        rows_of(tmp_path, "json", lines({"odd": 1}), lines({"odd": "x"}))
    assert "column 'odd'" in caplog.text
    assert "text" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        lines({"a": 1}, {"a": 2}),
        "\n" + lines({"a": 1}) + "\n\n" + lines({"a": 2}),
        json.dumps([{"a": 1}, {"a": 2}]),
        json.dumps([{"a": 1}, {"a": 2}], indent=2),
        json.dumps({"a": 1}, indent=2) + "\n" + json.dumps({"a": 2}, indent=2),
        lines({"a": 1}, {"a": 2}).encode("utf-8-sig"),
        lines({"a": 1}, {"a": 2}).encode("utf-16"),
        lines({"a": 1}, {"a": 2}).encode("utf-32"),
        lines({"a": 1}, {"a": 2}).replace("\n", "\r\n"),
    ],
)
def test_every_form_of_json_is_read(content: Any, tmp_path: Path) -> None:
    assert rows_of(tmp_path, "json", content) == [{"a": 1}, {"a": 2}]


def test_compressed_files_are_read(tmp_path: Path) -> None:
    content = gzip.compress(lines({"a": 1}, {"a": "x"}).encode())
    assert rows_of(tmp_path, "json", content, suffix=".gz") == [{"a": "1"}, {"a": "x"}]


def test_files_with_other_columns_are_read(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "csv", "a\n1\n", "a,b\nx,2\ny,\n") == [
        {"a": "1", "b": None},
        {"a": "x", "b": 2.0},
        {"a": "y", "b": None},
    ]


@pytest.mark.parametrize("other", ["1", "-1", "x"])
@pytest.mark.parametrize("large", ["18446744073709551615", "99999999999999999999999"])
def test_integers_that_no_column_can_hold_are_read_as_text(
    large: str, other: str, tmp_path: Path
) -> None:
    rows = rows_of(tmp_path, "csv", f"id\n{large}\n{other}\n")
    assert [str(row["id"]) for row in rows] == [large, other]


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_tables_with_other_columns_are_read(format: str, tmp_path: Path) -> None:
    contents = []
    for table in (pa.table({"a": [1, 2]}), pa.table({"a": ["x"], "b": [1]})):
        sink = pa.BufferOutputStream()
        if format == "parquet":
            pq.write_table(table, sink)
        else:
            with pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
        contents.append(sink.getvalue().to_pybytes())
    assert rows_of(tmp_path, format, *contents) == [
        {"a": "1", "b": None},
        {"a": "2", "b": None},
        {"a": "x", "b": 1},
    ]


@pytest.mark.parametrize(
    ("format", "content", "told"),
    [
        ("json", lines({"a": 1}) + '{"a":\n' + lines({"a": 3}), "line 2 is not valid JSON"),
        ("json", lines({"a": 1}, [1]), "line 2 is a JSON array. A row must be an object"),
        ("json", "1\n2\n", "line 1 is a JSON number"),
        ("json", "[1, 2]", "line 1 is a JSON array"),
        ("json", "[\n1,\n2]", "a row is a JSON number"),
        ("json", '{"a": 1, "a": 2}\n', "line 1: the key 'a' occurs twice"),
        ("json", '{"b": 1, "a": 1, "c": 1, "a": 2}\n', "line 1: the key 'a' occurs twice"),
        ("json", '{"a": "\xe9"}\n'.encode("latin-1"), "not UTF-8 text (byte 0xe9"),
        ("json", "", "no rows, the file is empty"),
        ("json", "\n \n", "no rows, the file is empty"),
        ("csv", "a,b\n", "no rows, the file is empty"),
        ("csv", "", "No columns"),
        ("csv", "a,b\n1,2\n3,4,5\n", "Expected 2 fields in line 3, saw 3"),
        ("csv", "a\n\xe9\n".encode("latin-1"), "not UTF-8 text (byte 0xe9"),
        ("parquet", b"PAR1 nothing", "Parquet"),
    ],
)
def test_a_file_that_is_not_valid_is_named_with_the_line(
    format: str, content: Any, told: str, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableError) as caught:
        rows_of(tmp_path, format, content)
    assert told in str(caught.value)
    assert f"{tmp_path}/0.{format}" in str(caught.value)
    # Nothing is left that another run could take for the rows.
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_is_converted_again_only_if_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows_of(tmp_path, "json", lines({"a": 1})) == [{"a": 1}]
    written = list((tmp_path / "cache").iterdir())
    file = str(tmp_path / "0.json")
    monkeypatch.setattr(conversion, "_tables", lambda *args: pytest.fail("converted again"))
    assert convert([file], "json", None, tmp_path / "cache") == [str(written[0] / "000000.parquet")]
    monkeypatch.undo()
    assert rows_of(tmp_path, "json", lines({"a": 1}, {"a": 22})) == [{"a": 1}, {"a": 22}]


def test_an_array_may_begin_after_an_empty_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text('\n[\n  {"a": 1},\n  {"a": 2}\n]\n')
    [part] = convert([str(file)], "json", None, tmp_path / "cache")
    assert pq.read_table(part).to_pylist() == [{"a": 1}, {"a": 2}]
