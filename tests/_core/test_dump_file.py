"""Protects where dumps are written, and that only known formats are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

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


@pytest.mark.parametrize("format", ["json", "yaml"])
def test_a_file_keeps_the_order_of_the_data_and_all_characters(format: str, tmp_path: Path) -> None:
    # The order of a dict of columns or prompts is that of the columns and prompts.
    data = {"b": {"z": "ä 日本", "a": [1.5, None]}, "a": 2**63}
    path = write_file(data, tmp_path / "new" / "folder" / f"x.{format}", format)
    # People read dumps and compare them: the characters stand there, not their escapes.
    assert "ä 日本" in path.read_text(encoding="utf-8")
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert read == data
    assert [list(read), list(read["b"])] == [["b", "a"], ["z", "a"]]


def test_a_text_that_no_file_can_hold_is_written_with_a_replacement(tmp_path: Path) -> None:
    path = write_file({"a": "x\ud800", "b": "y"}, tmp_path / "x.json", "json")
    assert json.loads(path.read_bytes()) == {"a": "x\ufffd", "b": "y"}
