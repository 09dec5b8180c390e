"""Which files a path stands for, and which format their names indicate."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from distilabel.steps.generators._files import file_format, find_files


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rows.jsonl", "json"),
        ("a/b.ndjson", "json"),
        ("ROWS.CSV", "csv"),
        ("rows.jsonl.gz", "json"),
        ("rows.parquet.zst", "parquet"),
        ("s3://bucket/rows.txt", "text"),
        ("README.md", None),
        ("parquet", None),
        ("data.csv/rows", None),
        ("rows.gz", None),
    ],
)
def test_the_format_by_name(name: str, expected: str | None) -> None:
    assert file_format(name) == expected


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.jsonl", "README.md", "_part", ".hidden.jsonl", "sub/c.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (tmp_path / "sub" / "deep").mkdir()
    (tmp_path / "sub" / "deep" / "d.jsonl").write_text("x")
    return tmp_path


def names(folder: Path, path: str, *, same_format: bool = False) -> list[str]:
    found = find_files(path, None, same_format)
    return [str(Path(file).relative_to(folder)) for file in found]


def test_a_directory_stands_for_its_files_and_those_one_level_below(folder: Path) -> None:
    assert names(folder, str(folder)) == ["README.md", "a.jsonl", "b.csv", "sub/c.jsonl"]
    assert names(folder, str(folder), same_format=True) == ["a.jsonl", "sub/c.jsonl"]


def test_a_file_and_a_pattern(folder: Path) -> None:
    assert names(folder, str(folder / "b.csv"), same_format=True) == ["b.csv"]
    assert names(folder, f"{folder}/[ab]*") == ["a.jsonl", "b.csv"]
    assert names(folder, str(folder / "none.csv")) == []
    assert names(folder, f"{folder}/*.parquet") == []


def test_files_elsewhere_keep_their_protocol() -> None:
    fsspec.filesystem("memory").pipe_file("/find_files/x.csv", b"a")
    assert find_files("memory://find_files", None, True) == ["memory:///find_files/x.csv"]
