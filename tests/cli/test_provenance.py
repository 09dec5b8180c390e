"""Protects `distilabel provenance export`: it writes the files and says what is left to do."""

from __future__ import annotations

from pathlib import Path

from datasets import Dataset
from typer.testing import CliRunner

from distilabel.cli.app import app
from distilabel.distiset import Distiset


def test_files_are_written_beside_the_dataset(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    Distiset(default=Dataset.from_list([{"a": 1}])).save_to_disk(saved)
    done = CliRunner().invoke(app, ["provenance", "export", str(saved)])
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (saved / "provenance").rglob("*") if p.is_file()) == [
        "croissant.json",
        "default-train.parquet",
        "training-content.md",
    ]
    assert "To be completed in croissant.json" in done.output
    # The new folder is not taken for a configuration.
    assert list(Distiset.load_from_disk(saved)) == ["default"]
