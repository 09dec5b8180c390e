"""Protects reading with `datasets`: a file that it refuses, at once or later, costs no row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from distilabel.steps.generators.conversion import UnreadableError
from distilabel.steps.generators.file_source import FileSource

# `datasets` reads JSON in blocks of 10 MB and takes the types from the first.
_PAD = "p" * 600
_LATE = 18_000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr("datasets.config.DOWNLOADED_DATASETS_PATH", tmp_path / "downloads")


def source_of(file: Path, streaming: bool, split: str = "train") -> FileSource:
    return FileSource([str(file)], "json", split, streaming, None)


def rows_of(source: FileSource, offset: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    batches = list(source.batches(source.open(), 500, offset, limit))
    assert [last for _, last in batches] == [False] * (len(batches) - 1) + [True]
    return [row for batch, _ in batches for row in batch]


@pytest.fixture
def late(tmp_path: Path) -> Path:
    """A file whose column is null for more than a block, and text in its last rows."""
    with (tmp_path / "late.jsonl").open("w") as file:
        for i in range(_LATE):
            note = "late" if i >= _LATE - 2 else None
            file.write(json.dumps({"i": i, "note": note, "pad": _PAD}) + "\n")
    return tmp_path / "late.jsonl"


@pytest.mark.parametrize("streaming", [False, True])
def test_a_column_that_is_null_first_and_text_later_is_read(late: Path, streaming: bool) -> None:
    rows = rows_of(source_of(late, streaming))
    assert [row["i"] for row in rows] == list(range(_LATE))
    assert [row["note"] for row in rows[-3:]] == [None, "late", "late"]
    some = rows_of(source_of(late, streaming), offset=_LATE - 3, limit=_LATE - 1)
    assert [row["note"] for row in some] == [None, "late"]


def test_a_slice_of_a_file_that_was_converted(late: Path) -> None:
    assert len(rows_of(source_of(late, False, split="train[:10]"))) == 10


@pytest.mark.parametrize("name", ["a [1].jsonl", "a{b}.jsonl", "a*.jsonl"])
@pytest.mark.parametrize("streaming", [False, True])
def test_a_name_that_looks_like_a_pattern(tmp_path: Path, name: str, streaming: bool) -> None:
    (tmp_path / name).write_text('{"a": 1}\n')
    assert rows_of(source_of(tmp_path / name, streaming)) == [{"a": 1}]


def test_large_integers_are_not_rounded(tmp_path: Path) -> None:
    file = tmp_path / "large.jsonl"
    file.write_text(f'{{"a": {2**70}, "b": 1e300}}\n{{"a": 1, "b": 0.5}}\n')
    assert rows_of(source_of(file, False)) == [
        {"a": str(2**70), "b": 1e300},
        {"a": "1", "b": 0.5},
    ]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_file_that_is_not_valid_is_refused_with_its_line(tmp_path: Path, streaming: bool) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(UnreadableError, match=r"broken\.jsonl as json: line 2"):
        source_of(file, streaming).open()
    file.write_bytes('{"a": "\xe9"}\n'.encode("latin-1"))
    with pytest.raises(UnreadableError, match="not UTF-8"):
        rows_of(source_of(file, streaming))


def test_an_unknown_split_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(UnreadableError, match="test"):
        source_of(tmp_path / "a.jsonl", False, split="test").open()


def test_an_empty_text_file_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UnreadableError, match="no rows"):
        FileSource([str(tmp_path / "a.txt")], "text", "train", False, None).open()


class Guarded(MemoryFileSystem):  # type: ignore[misc]
    """A file system that opens with an option only."""

    protocol = "guarded"
    cachable = False

    def __init__(self, token: str = "", **options: Any) -> None:
        if token != "right":
            raise PermissionError("no token")
        super().__init__(**options)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("guarded://")))


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    # Offline, `datasets` opens no file system but the local one; this one is in memory.
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", False)
    fsspec.register_implementation("guarded", Guarded, clobber=True)
    files = Guarded(token="right")
    yield files
    files.store.clear()


# The large integer has the file converted.
@pytest.mark.parametrize("value", [7, 2**70])
@pytest.mark.parametrize("streaming", [False, True])
def test_the_options_of_the_file_system_open_the_files(
    guarded: Guarded, value: int, streaming: bool
) -> None:
    guarded.pipe_file("/rows.jsonl", f'{{"a": {value}}}\n{{"a": 1}}\n'.encode())
    options = {"token": "right"}
    source = FileSource(["guarded:///rows.jsonl"], "json", "train", streaming, options)
    assert [int(row["a"]) for row in rows_of(source)][1] == 1
    # It is the dict of the step's field, which is dumped and decides what is run again.
    assert options == {"token": "right"}


def test_without_their_option_the_files_are_not_opened(guarded: Guarded) -> None:
    guarded.pipe_file("/rows.jsonl", b'{"a": 1}\n')
    with pytest.raises(PermissionError, match="no token"):
        FileSource(["guarded:///rows.jsonl"], "json", "train", False, None).open()
