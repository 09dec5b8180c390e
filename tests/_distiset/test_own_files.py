"""Protects what is beside the artifacts of a run: only their own files are saved or pushed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from distilabel._distiset.own_files import artifacts_folder, files_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Artifacts among which are links to a file and a folder elsewhere."""
    folder = tmp_path / "artifacts"
    (folder / "a[1]").mkdir(parents=True)
    (folder / "a[1]" / "own.txt").touch()
    (folder / ".hidden").touch()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "key").touch()
    (folder / "a[1]" / "key*").symlink_to(outside / "key")
    (folder / "linked").symlink_to(outside)
    (folder / "linked[1]").symlink_to(outside)
    (folder / "broken").symlink_to(outside / "missing")
    return folder


def test_files_behind_links_are_left_out(folder: Path) -> None:
    assert [name for _, name in files_in(folder)] == [".hidden", "a[1]/own.txt"]
    assert [file for file, _ in files_in(folder)] == [folder / ".hidden", folder / "a[1]/own.txt"]
    assert files_in(None) == []


def test_a_folder_that_holds_the_users_own_files_is_not_one_of_artifacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "work" / "artifacts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    for path in (Path(), Path("."), Path(".."), tmp_path, Path("/"), Path.home(), Path("~")):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert artifacts_folder(path) is None
        assert "no artifacts are saved or pushed" in caplog.text
    assert artifacts_folder(Path("artifacts")) == Path("artifacts")
    assert artifacts_folder(None) is None
