"""Protects `distilabel export`: it writes the files, and says what is missing in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Dataset
from typer.testing import CliRunner

from distilabel._distiset.export import FORMATS
from distilabel.cli import export as module
from distilabel.cli.app import app
from distilabel.distiset import Distiset


def test_a_saved_distiset_is_exported(tmp_path: Path) -> None:
    Distiset(default=Dataset.from_list([{"a": 1}])).save_to_disk(tmp_path / "saved")
    arguments = ["--to", "jsonl", "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["export", str(tmp_path / "saved"), *arguments])
    assert done.exit_code == 0, done.output
    assert "default-train.jsonl" in done.output
    assert "not finished" not in done.output
    assert (tmp_path / "out" / "default-train.jsonl").read_text() == '{"a":1}\n'

    done = CliRunner().invoke(app, ["export", "none", *arguments, "--cache-dir", str(tmp_path)])
    assert done.exit_code == 1
    assert "No run 'none'" in done.output


def test_rows_of_a_run_in_progress_are_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Distiset(default=Dataset.from_list([{"a": 1}])), False
    monkeypatch.setattr(
        "distilabel.pipeline.workspace.saved_distiset.open_distiset", lambda *_: opened
    )
    done = CliRunner().invoke(app, ["export", "last", "--to", "csv", "-o", str(tmp_path)])
    assert "The run has not finished" in done.output


def test_the_command_has_all_formats() -> None:
    assert tuple(module.Format) == FORMATS
