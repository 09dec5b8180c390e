"""Protects the run history: every run is recorded, however it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.workspace.run_history import HISTORY_FILE, past_runs
from distilabel.steps.tasks import TextGeneration

ROWS = [{"instruction": f"Question {i}."} for i in range(4)]


def run(cache_dir: Path, **arguments: object) -> None:
    with Pipeline("noted", cache_dir=cache_dir) as pipeline:
        TextGeneration(name="write", llm=SimulatedLLM(**arguments))
    pipeline.run(dataset=ROWS)


def test_finished_and_failed_runs_are_recorded(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(Exception, match="401"):
        run(tmp_path, model="other", faults={"401": 1.0})
    run(tmp_path)
    first, failed, again = past_runs(tmp_path)
    assert [each.outcome for each in (first, failed, again)] == ["finished", "failed", "finished"]
    assert first.pipeline == "noted"
    assert first.report is not None
    assert first.report["rows"] == 4
    assert "4 answers received, 0 reused" in first.text
    assert "0 answers received, 4 reused" in again.text
    assert first.folder == again.folder
    assert first.id != again.id


def test_the_history_is_the_user_s_alone_and_moves_with_the_cache(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        run(tmp_path / "cache")
    finally:
        os.umask(before)
    assert (tmp_path / "cache" / HISTORY_FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / "cache").rename(tmp_path / "moved")
    (only,) = past_runs(tmp_path / "moved")
    assert only.folder.is_relative_to(tmp_path / "moved")
    assert (only.folder / "pipeline.log").exists()


def test_a_run_that_is_killed_is_running_before_and_killed_after(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.workspace.run_history import past_runs
from distilabel.steps.tasks import TextGeneration
from distilabel.steps import step, StepInput

@step(inputs=["instruction"], outputs=[])
def die(inputs: StepInput):
    print(past_runs(Path({str(tmp_path)!r}))[0].outcome, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    yield inputs

with Pipeline("noted", cache_dir={str(tmp_path)!r}) as pipeline:
    die(name="die")
pipeline.run(dataset=[{{"instruction": "a"}}])
"""
    script = tmp_path / "die.py"
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == "running\n"
    assert [each.outcome for each in past_runs(tmp_path)] == ["killed"]


def test_a_truncated_line_is_skipped(tmp_path: Path) -> None:
    run(tmp_path)
    with open(tmp_path / HISTORY_FILE, "ab") as file:
        file.write(b'{"id": "cut of\n')
    run(tmp_path)
    assert len(past_runs(tmp_path)) == 2


def test_a_missing_directory_has_no_runs(tmp_path: Path) -> None:
    assert past_runs(tmp_path / "nowhere") == []


def test_a_dry_run_leaves_no_trace(tmp_path: Path) -> None:
    with Pipeline("noted", cache_dir=tmp_path) as pipeline:
        TextGeneration(name="write", llm=SimulatedLLM())
    pipeline.dry_run(dataset=ROWS)
    assert os.listdir(tmp_path) == []


def test_a_run_on_another_machine_is_not_judged_by_a_process_of_this_one(tmp_path: Path) -> None:
    entry = {"id": "a", "time": 0.0, "pipeline": "p", "folder": "f"}
    lines = [
        {**entry, "id": "far", "host": "elsewhere", "pid": os.getpid()},
        {**entry, "id": "far, gone", "host": "elsewhere", "pid": 2**30},
        {**entry, "id": "here", "host": socket.gethostname(), "pid": os.getpid()},
        {**entry, "id": "here, gone", "host": socket.gethostname(), "pid": 2**30},
    ]
    (tmp_path / HISTORY_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert {run.id: run.outcome for run in past_runs(tmp_path)} == {
        "far": "running or killed on elsewhere",
        "far, gone": "running or killed on elsewhere",
        "here": "running",
        "here, gone": "killed",
    }
