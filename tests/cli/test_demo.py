"""Protects the first command of a newcomer: a dataset without a key or a network, made once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from distilabel.cli.app import app
from distilabel.cli.demo import demo_prompts, preference_pipeline
from distilabel.distiset import Distiset


def demo(out: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "distilabel", "demo", "--fast", "--out", str(out)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=cwd
    )


def test_the_demo_makes_a_preference_dataset_and_does_it_once(tmp_path: Path) -> None:
    out = tmp_path / "made here"
    first = demo(out, tmp_path)
    assert first.returncode == 0, first.stderr
    assert "100 pairs" in first.stdout
    assert str(out) in first.stdout
    assert "The judge:" in first.stdout
    assert "300 answers received, 0 reused" in first.stderr

    rows = Distiset.load_from_disk(out)["default"]["train"]
    assert len(rows) == 100
    for row in rows:
        assert row["chosen_rating"] >= row["rejected_rating"]
        assert row["generation_models"] == ["simulated/small-8b", "simulated/large-70b"]

    second = demo(out, tmp_path)
    assert second.returncode == 0, second.stderr
    assert "0 answers received, 300 reused" in second.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["made here"]


def test_a_file_in_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "file")])
    assert result.exit_code == 1
    assert "--out" in result.stderr


def test_its_pipeline_can_be_dumped_and_loaded(tmp_path: Path) -> None:
    pipeline = preference_pipeline(demo_prompts()[:2], tmp_path)
    again = type(pipeline).from_dict(pipeline.dump())
    assert again.dump() == pipeline.dump()
