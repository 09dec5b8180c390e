"""Protects the run directory: outputs of unfinished runs never mix with those of finished ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel.constants import PIPELINES_CACHE_DIR
from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.pipeline.workspace.run_directory import (
    RunDirectory,
    cache_directory,
    is_alive,
    runs_in,
)
from rooms import Ask, Echo, Fn, Numbers, rows_of


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    return RunDirectory.of(tmp_path, "name", "signature", "steps")


@pytest.fixture
def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_the_layout(directory: RunDirectory, tmp_path: Path) -> None:
    execution = tmp_path / "name" / "signature" / "executions" / "steps"
    assert directory.store == tmp_path / "answers.sqlite"
    assert directory.config == execution / "pipeline.yaml"
    assert directory.log == execution / "pipeline.log"
    assert directory.events == execution / "events.jsonl"
    assert directory.data == execution / "data"
    assert directory.waiting_rows == execution / "batch_input_data"


@pytest.mark.parametrize(
    "name",
    ["../../out", "/out", "..", "", "a/b", "a\0b", "..\\out", "C:\\out", "n" * 300, "é" * 150],
)
def test_no_name_of_a_pipeline_leaves_the_cache_directory(name: str, tmp_path: Path) -> None:
    directory = RunDirectory.of(tmp_path / "cache", name, "signature", "steps")
    directory.create()
    folder = directory.fresh_data()
    assert folder.resolve().is_relative_to(tmp_path / "cache")
    assert [each.name for each in tmp_path.iterdir()] == ["cache"]
    assert len(folder.relative_to(tmp_path / "cache").parts) == 5
    other = RunDirectory.of(tmp_path / "cache", f"{name}x", "signature", "steps")
    assert other.execution != directory.execution


def test_the_directory_is_for_its_user_alone(tmp_path: Path) -> None:
    directory = RunDirectory.of(tmp_path / "new" / "cache", "name", "signature", "steps")
    # As an earlier version made it.
    directory.execution.mkdir(parents=True)
    directory.log.write_text("old")
    directory.execution.chmod(0o755)
    directory.log.chmod(0o644)
    directory.create()
    data = directory.fresh_data()
    assert [oct(each.stat().st_mode & 0o777) for each in (directory.execution, data)] == [
        "0o700"
    ] * 2
    assert [oct(each.stat().st_mode & 0o777) for each in (directory.log, directory.config)] == [
        "0o600"
    ] * 2
    assert directory.log.read_text() == "old"


def test_outputs_replace_those_of_the_previous_run(directory: RunDirectory) -> None:
    for text in ("first", "second"):
        folder = directory.fresh_data()
        (folder / "rows").write_text(text)
        assert directory.put_in_place(folder) == directory.data
    assert (directory.data / "rows").read_text() == "second"
    assert [path.name for path in directory.execution.iterdir()] == ["data"]


def test_outputs_of_killed_runs_are_removed_and_those_of_live_ones_kept(
    directory: RunDirectory, dead_pid: int
) -> None:
    live = directory.fresh_data()
    dead = live.with_name(live.name.replace(f"-{os.getpid()}-", f"-{dead_pid}-"))
    foreign = live.with_name("data-another.host-1-abc")
    for folder in (dead, foreign):
        folder.mkdir()
    assert directory.fresh_data() != live
    assert live.is_dir()
    assert foreign.is_dir()
    assert not dead.exists()


def test_a_directory_that_cannot_be_moved_is_an_error(directory: RunDirectory) -> None:
    directory.execution.mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        directory.put_in_place(directory.execution / "missing")


def test_a_run_in_progress_is_seen(directory: RunDirectory, dead_pid: int) -> None:
    assert not runs_in(directory.execution)
    folder = directory.fresh_data()
    assert runs_in(directory.execution)
    folder.rename(folder.with_name(folder.name.replace(f"-{os.getpid()}-", f"-{dead_pid}-")))
    assert not runs_in(directory.execution)


def test_a_process_of_another_user_is_alive(dead_pid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_alive(os.getpid())
    assert not is_alive(dead_pid)

    def deny(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", deny)
    assert is_alive(dead_pid)


def test_the_cache_directory_is_the_given_one_then_the_environments_then_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISTILABEL_CACHE_DIR", raising=False)
    assert cache_directory(None) == PIPELINES_CACHE_DIR
    monkeypatch.setenv("DISTILABEL_CACHE_DIR", "~/here")
    assert cache_directory(None) == Path.home() / "here"
    assert cache_directory("given") == Path("given").absolute()


def test_a_relative_cache_directory_does_not_move_with_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()

    def move(rows: Any) -> Any:
        os.chdir(tmp_path / "elsewhere")
        return rows

    with Pipeline(name="p", cache_dir="cache") as pipeline:
        Numbers(count=2) >> Fn(function=move)
    assert len(rows_of(pipeline.run())) == 2
    assert (tmp_path / "cache" / "answers.sqlite").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_home_of_the_user_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_directory("~/cache") == tmp_path / "cache"


@pytest.mark.parametrize("below", ["", "folder"])
def test_a_cache_directory_that_is_a_file(below: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    model = Echo()
    with Pipeline(name="p", cache_dir=file / below) as pipeline:
        Numbers(count=3) >> Ask(llm=model)
    for run in (pipeline.run, lambda: pipeline.estimate(sample=2, rows=3)):
        with pytest.raises(DistilabelUserError, match=r"file is a file, not a folder\. Choose"):
            run()
    assert model.asked == []
    assert file.read_text() == "mine"


def test_a_cache_directory_that_may_not_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A program that runs as root may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(DistilabelUserError, match=r"this user may not write to .*cache_dir="):
        RunDirectory.of(tmp_path / "new", "p", "s", "t").check_root()


def test_a_cache_directory_that_is_removed_during_a_run_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = tmp_path / "cache"

    def remove(rows: Any) -> Any:
        shutil.rmtree(cache)
        return rows

    with Pipeline(name="p", cache_dir=cache) as pipeline:
        Numbers(count=3) >> Fn(function=remove)
    assert len(rows_of(pipeline.run())) == 3
    assert "was removed while the run went on" in caplog.text
    caplog.clear()
    with Pipeline(name="p", cache_dir=cache) as pipeline:
        Numbers(count=3) >> Fn()
    pipeline.run()
    assert "was removed" not in caplog.text
