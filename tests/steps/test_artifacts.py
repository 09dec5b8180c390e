"""Artifacts are saved in the directory of their step in a run, and nowhere outside a run."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from rooms import Fn


def write(folder: Path) -> None:
    (folder / "a.txt").write_text("x")


def test_outside_a_run_nothing_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    step = Fn(name="mine")
    with caplog.at_level(logging.WARNING):
        step.save_artifact("note", write)
    assert step.artifacts_directory is None
    assert "'note' is not saved: step mine" in caplog.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../../out",
        "/etc/out",
        "..",
        "",
        ".",
        "a\0b",
        "..\\..\\out",
        "C:out",
        "x" * 300,
        "a/../../b",
        "\ud800",
    ],
)
def test_an_artifact_stays_in_the_folder_of_its_step(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "deep" / "artifacts"
    step = Fn(name="mine")
    step.set_pipeline_artifacts_path(root)
    with caplog.at_level(logging.WARNING):
        step.save_artifact(name, write)
        step.save_artifact(f"{name}2", write)
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert all(file.is_relative_to(root / "mine") for file in written)
    # Neither replaces the other.
    assert len(written) == 4
    assert "is saved as" in caplog.text


def test_an_artifact_may_be_in_a_subfolder(tmp_path: Path) -> None:
    step = Fn(name="mine")
    step.set_pipeline_artifacts_path(tmp_path)
    step.save_artifact("images/one", write)
    assert (tmp_path / "mine" / "images" / "one" / "a.txt").exists()


def test_an_artifact_and_its_metadata_are_saved_under_the_name_of_the_step(tmp_path: Path) -> None:
    step = Fn(name="mine")
    step.set_pipeline_artifacts_path(tmp_path)
    step.save_artifact("note", write, {"by": "me"})
    step.save_artifact("plain", write)
    assert step.artifacts_directory == tmp_path / "mine"
    assert (tmp_path / "mine" / "note" / "a.txt").read_text() == "x"
    assert json.loads((tmp_path / "mine" / "note" / "metadata.json").read_text()) == {"by": "me"}
    assert json.loads((tmp_path / "mine" / "plain" / "metadata.json").read_text()) == {}
