"""Protects opening distisets: of saved folders and of past runs, however these ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel._core.events import RunStarted
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.storage.parquet_writer import ParquetWriter
from distilabel.errors import DistilabelUserError
from distilabel.pipeline import Pipeline
from distilabel.pipeline.workspace.run_directory import RunDirectory
from distilabel.pipeline.workspace.run_history import RunHistory, past_runs
from distilabel.pipeline.workspace.saved_distiset import open_distiset
from distilabel.steps import KeepColumns, LoadDataFromDicts


def test_runs_and_folders_are_opened(tmp_path: Path) -> None:
    with Pipeline("p", cache_dir=tmp_path / "cache") as pipeline:
        LoadDataFromDicts(data=[{"a": i} for i in range(3)]) >> KeepColumns(columns=["a"])
    distiset = pipeline.run()
    distiset.save_to_disk(tmp_path / "saved")
    [run] = past_runs(tmp_path / "cache")
    for source in ("last", run.id[:8], str(run.folder), str(run.folder / "data"), "saved"):
        path = tmp_path / "saved" if source == "saved" else source
        found, is_whole = open_distiset(str(path), tmp_path / "cache")
        assert found["default"]["train"].to_list() == [{"a": 0}, {"a": 1}, {"a": 2}]
        assert is_whole
        assert found.pipeline_path is not None


def test_a_run_that_goes_on_or_was_killed_has_the_rows_it_has_written(tmp_path: Path) -> None:
    directory = RunDirectory.of(tmp_path, "p", "a", "b")
    directory.create()
    data = directory.fresh_data()
    RunHistory(directory, RunStats())(RunStarted("p", {}))
    writer = ParquetWriter(data / "steps_outputs" / "leaf")
    with pytest.raises(DistilabelUserError, match="no rows are written yet"):
        open_distiset("last", tmp_path)
    for number in (1, 0):
        writer.add([(number,)], [{"a": number}])
        writer.cut()
        writer.write()
    for source in ("last", str(directory.execution)):
        found, is_whole = open_distiset(source, tmp_path)
        assert not is_whole
        assert found["default"]["train"].to_list() == [{"a": 1}, {"a": 0}]


def test_folders_and_runs_without_rows_are_told(tmp_path: Path) -> None:
    for source, problem in (
        (str(tmp_path), "there are no rows"),
        ("last", "No run 'last'"),
    ):
        with pytest.raises(DistilabelUserError, match=problem):
            open_distiset(source, tmp_path)
