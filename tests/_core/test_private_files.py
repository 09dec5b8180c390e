"""Protects rows from other users of the machine, whatever the umask is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from distilabel._core.private_files import create_private_folder, make_private, open_private


@pytest.fixture(autouse=True)
def generous_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_every_folder_that_is_created_is_private_and_existing_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    create_private_folder(tmp_path / "shared" / "a" / "b")
    assert [mode(tmp_path / name) for name in ("shared", "shared/a", "shared/a/b")] == [
        0o755,
        0o700,
        0o700,
    ]
    create_private_folder(tmp_path / "shared")
    assert mode(tmp_path / "shared") == 0o755


def test_a_new_file_is_private(tmp_path: Path) -> None:
    with open_private(tmp_path / "new", "wb") as file:
        file.write(b"x")
    assert mode(tmp_path / "new") == 0o600
    assert (tmp_path / "new").read_bytes() == b"x"


def test_an_existing_file_or_folder_becomes_private(tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    for path in (tmp_path / "old", tmp_path):
        path.chmod(0o755)
        make_private(path)
        assert mode(path) == 0o700
    make_private(tmp_path / "missing")
