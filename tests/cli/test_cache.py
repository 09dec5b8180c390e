"""Protects `distilabel cache`: contents are listed, and nothing is removed unasked."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from distilabel.cli.app import app
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.workspace.cache_listing import cached_pipelines
from distilabel.steps.tasks import TextGeneration


def run(cache_dir: Path, name: str = "kept", seed: int = 0) -> int:
    """Runs a pipeline and says how many answers were asked for."""
    with Pipeline(name, cache_dir=cache_dir) as pipeline:
        TextGeneration(name="write", llm=SimulatedLLM(seed=seed))
    rows = [{"instruction": f"Question {i}."} for i in range(5)]
    return int(pipeline.run(dataset=rows).report.asked)


def cache(*arguments: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["cache", *map(str, arguments)], input=answer)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """One pipeline with two configurations, the first long ago, and another pipeline."""
    run(tmp_path)
    [pipeline] = cached_pipelines(tmp_path)
    old = time.time() - 90 * 86400
    for path in (pipeline.configurations[0].folder, *pipeline.configurations[0].folder.glob("*")):
        os.utime(path, (old, old))
    run(tmp_path, seed=1)
    run(tmp_path, "another")
    return tmp_path


def test_list_and_show_print_the_contents(kept: Path) -> None:
    listed = cache("list", "--cache-dir", kept)
    assert listed.exit_code == 0, listed.output
    lines = listed.output.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["kept", "another"]
    assert "10 answers" in lines[-1]
    shown = cache("show", "kept", "--cache-dir", kept)
    assert shown.output.count("write: 5 rows") == 2


def test_prune_removes_old_outputs_but_the_last_of_a_pipeline(kept: Path) -> None:
    refused = cache("prune", "--cache-dir", kept, answer="n\n")
    assert "Nothing was removed" in refused.output
    assert "Remove 1 configuration " in refused.output
    assert "Removed 1 configuration " in cache("prune", "--cache-dir", kept, "--yes").output
    assert "Nothing to remove" in cache("prune", "--cache-dir", kept, "--yes").output
    assert [len(p.configurations) for p in cached_pipelines(kept)] == [1, 1]
    # The outputs went, the answers did not.
    assert run(kept) == 0


def test_clear_removes_one_pipeline_then_everything(kept: Path) -> None:
    assert "2 configurations" in cache("clear", "kept", "--cache-dir", kept, "--yes").output
    assert [p.name for p in cached_pipelines(kept)] == ["another"]
    cache("clear", "--cache-dir", kept, "--yes")
    assert run(kept) == 0
    done = cache("clear", "--answers", "--cache-dir", kept, "--yes")
    assert "all stored answers" in done.output
    assert run(kept) == 5


def test_a_mistake_is_an_error_with_a_hint(kept: Path, tmp_path: Path) -> None:
    wrong = cache("show", "kepd", "--cache-dir", kept)
    assert wrong.exit_code == 1
    assert "'kept'" in wrong.stderr
    both = cache("clear", "kept", "--answers", "--cache-dir", kept)
    assert both.exit_code == 1
    assert "share" in both.stderr
    nowhere = tmp_path / "nowhere"
    for command in (("list",), ("show", "kept"), ("prune", "--yes"), ("clear", "--yes")):
        output = cache(*command, "--cache-dir", nowhere).output
        assert str(nowhere) in output
        assert "For another cache directory, use --cache-dir." in output


def test_a_relative_cache_directory_is_found(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kept.parent)
    listed = cache("list", "--cache-dir", kept.name)
    assert listed.exit_code == 0, listed.output
    assert "10 answers" in listed.output
    assert str(kept) in listed.output
    assert cache("show", "kept", "--cache-dir", kept.name).exit_code == 0
    assert "2 configurations" in cache("clear", "kept", "--cache-dir", kept.name, "--yes").output


def test_a_pipeline_is_found_by_a_name_that_no_folder_can_have(tmp_path: Path) -> None:
    run(tmp_path, "../a/b")
    assert "write: 5 rows" in cache("show", "../a/b", "--cache-dir", tmp_path).output


def test_outputs_of_a_run_in_progress_are_not_removed(kept: Path) -> None:
    from distilabel.pipeline.workspace.run_directory import RunDirectory

    folder = cached_pipelines(kept)[0].configurations[0].folder
    RunDirectory(kept, folder).fresh_data()
    done = cache("clear", "--cache-dir", kept, "--yes")
    assert done.exit_code == 1
    assert "Stop it first" in done.stderr
    assert "running now" in cache("show", "kept", "--cache-dir", kept).output
