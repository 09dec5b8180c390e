"""Protects where dumps are written, and that only known formats are."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel._core.dump_file import write_file


def test_an_unknown_format_is_an_error_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'toml'"):
        write_file({}, tmp_path / "folder" / "x.toml", "toml")
    assert list(tmp_path.iterdir()) == []


def test_a_path_without_suffix_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_file({}, None, "json") == tmp_path / "distilabel-file.json"
    assert (
        write_file({}, tmp_path / "folder", "yaml") == tmp_path / "folder" / "distilabel-file.json"
    )
