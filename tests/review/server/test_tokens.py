"""Tokens survive a restart, differ between people, and are private."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.server.tokens import read_tokens


def test_tokens_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    first = read_tokens(file, ["", "ada"])
    assert list(first.values()) == ["", "ada"]
    assert all(len(token) > 20 for token in first)
    later = read_tokens(file, ["bob", "ada"])
    assert {v: k for k, v in later.items()}["ada"] == {v: k for k, v in first.items()}["ada"]
    assert read_tokens(file, [""]) == {k: v for k, v in first.items() if v == ""}
    assert [p.name for p in tmp_path.iterdir()] == ["review.sqlite.tokens"]
    assert (tmp_path / "review.sqlite.tokens").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["not json", "[1]"])
def test_a_damaged_file_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "review.sqlite.tokens").write_text(text)
    with pytest.raises(DistilabelUserError, match="Remove the file"):
        read_tokens(tmp_path / "review.sqlite", [""])
