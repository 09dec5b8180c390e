"""The index finds words, goes on where it stopped, and is made anew for other rows."""

from __future__ import annotations

from pathlib import Path

from distilabel.review.rows.text_index import TextIndex
from reviewing import in_memory, preference_rows

COLUMNS = ["instruction", "generations"]


def _index(path: Path, rows: int, fingerprint: str = "1") -> TextIndex:
    return TextIndex(path, in_memory(preference_rows(rows), fingerprint), COLUMNS)


def test_words_are_found(tmp_path: Path) -> None:
    index = _index(tmp_path / "index", 50)
    index.build()
    assert index.is_ready
    assert index.find("voles", 10) == list(range(10))
    assert index.find("question 17", 10) == [17]
    assert index.find("nothing", 10) == []
    assert index.find('"( *', 10) is None


def test_it_goes_on_where_it_stopped_and_starts_again_for_other_rows(tmp_path: Path) -> None:
    path = tmp_path / "index"
    stopped = _index(path, 25_000)
    stopped._stop.set()
    stopped.build()
    assert stopped.indexed == 0
    _index(path, 20).build()
    again = _index(path, 20)
    again.build()
    assert again.find("17", 5) == [17]
    other = _index(path, 10, fingerprint="2")
    other.build()
    assert other.find("17", 5) == []


def test_the_file_is_private(tmp_path: Path) -> None:
    _index(tmp_path / "index", 3).build()
    assert (tmp_path / "index").stat().st_mode & 0o077 == 0
