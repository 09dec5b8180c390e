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


def test_an_artifact_and_its_metadata_are_saved_under_the_name_of_the_step(tmp_path: Path) -> None:
    step = Fn(name="mine")
    step.set_pipeline_artifacts_path(tmp_path)
    step.save_artifact("note", write, {"by": "me"})
    step.save_artifact("plain", write)
    assert step.artifacts_directory == tmp_path / "mine"
    assert (tmp_path / "mine" / "note" / "a.txt").read_text() == "x"
    assert json.loads((tmp_path / "mine" / "note" / "metadata.json").read_text()) == {"by": "me"}
    assert json.loads((tmp_path / "mine" / "plain" / "metadata.json").read_text()) == {}
