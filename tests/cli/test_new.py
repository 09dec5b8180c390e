"""Protects the starter project: it runs as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distilabel.cli.app import app
from distilabel.distiset import Distiset


def make(target: str, folder: Path) -> str:
    done = subprocess.run(
        ["make", f"PYTHON={sys.executable}", target],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_project_runs_stores_its_answers_and_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "haiku pairs"
    result = CliRunner().invoke(app, ["new", str(folder)])
    assert result.exit_code == 0, result.output
    assert "make run" in result.output
    assert {p.name for p in folder.iterdir()} == {
        ".gitignore", "Makefile", "README.md", "pipeline.py", "prompts.jsonl"
    }  # fmt: skip

    assert "haiku-pairs" in make("run", folder)
    rows = Distiset.load_from_disk(folder / "dataset")["default"]["train"]
    # Of six prompts one is too short.
    assert len(rows) == 5
    assert "0 answers received, 15 reused" in make("run", folder)
    make("try", folder)
    make("draw", folder)
    assert (folder / "pipeline.svg").is_file()
    make("clean", folder)
    assert not (folder / "dataset").exists()


@pytest.mark.parametrize("inside", ["notes.txt", ""])
def test_existing_files_are_not_overwritten(tmp_path: Path, inside: str) -> None:
    folder = tmp_path / "mine"
    if inside:
        folder.mkdir()
        (folder / inside).write_text("mine")
    else:
        folder.write_text("mine")
    result = CliRunner().invoke(app, ["new", str(folder)])
    assert result.exit_code == 1
    assert "already exists" in result.stderr


def test_a_name_without_letters_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["new", str(tmp_path / "???")])
    assert result.exit_code == 1
    assert "letters" in result.stderr
