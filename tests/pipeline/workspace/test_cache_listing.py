"""Protects the cache listing: what is there is counted right, and only what is named is removed."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from distilabel.pipeline.workspace.cache_listing import cached_pipelines, remove, size_of
from distilabel.pipeline.workspace.run_directory import RunDirectory


def make_configuration(root: Path, name: str, steps: str, used: float, rows: int) -> RunDirectory:
    """The files of a finished run, last used at a time."""
    directory = RunDirectory.of(root, name, "signature", steps)
    leaf = directory.data / "steps_outputs" / "keep"
    leaf.mkdir(parents=True)
    for part in range(2):
        pq.write_table(pa.table({"a": list(range(rows))}), leaf / f"{part}.parquet")
    directory.log.write_text("log")
    for path in (directory.log, directory.execution):
        os.utime(path, (used, used))
    return directory


def test_pipelines_and_configurations_are_listed_the_last_used_at_the_end(tmp_path: Path) -> None:
    make_configuration(tmp_path, "old", "one", 1_000, 1)
    make_configuration(tmp_path, "new", "two", 4_000, 2)
    make_configuration(tmp_path, "new", "three", 2_000, 3)
    old, new = cached_pipelines(tmp_path)
    assert (old.name, new.name) == ("old", "new")
    assert [each.folder.name for each in new.configurations] == ["three", "two"]
    assert [each.rows for each in new.configurations] == [{"keep": 6}, {"keep": 4}]
    assert new.used == datetime.fromtimestamp(4_000)
    assert new.size == size_of(tmp_path / "new") > 0
    assert not any(each.is_running for each in new.configurations)


def test_only_folders_that_runs_made_are_listed(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    make_configuration(elsewhere, "linked", "one", 1_000, 1)
    (root / "project" / "src" / "executions" / "mine").mkdir(parents=True)
    (root / "linked").symlink_to(elsewhere / "linked")
    real = make_configuration(root, "real", "one", 1_000, 1)
    (real.execution.parent / "two").symlink_to(
        elsewhere / "linked" / "signature" / "executions" / "one"
    )
    listed = [each.folder for found in cached_pipelines(root) for each in found.configurations]
    assert listed == [real.execution]


def test_a_missing_cache_directory_is_empty(tmp_path: Path) -> None:
    assert cached_pipelines(tmp_path / "missing") == []
    assert size_of(tmp_path / "missing") == 0


def test_removing_a_configuration_keeps_the_others_and_the_store(tmp_path: Path) -> None:
    make_configuration(tmp_path, "one", "a", 1_000, 1)
    make_configuration(tmp_path, "one", "b", 2_000, 1)
    make_configuration(tmp_path, "two", "a", 3_000, 1)
    (tmp_path / "answers.sqlite").touch()
    one, two = cached_pipelines(tmp_path)
    remove(tmp_path, one.configurations[:1])
    assert [each.folder.name for each in cached_pipelines(tmp_path)[0].configurations] == ["b"]
    remove(tmp_path, [*one.configurations[1:], *two.configurations])
    # Directories that became empty are gone too, the cache directory itself is not.
    assert [path.name for path in tmp_path.iterdir()] == ["answers.sqlite"]
