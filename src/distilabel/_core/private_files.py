"""Creates files and folders that only their user can read: rows may hold what is confidential."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO, Literal


def create_private_folder(folder: Path) -> None:
    """Creates a folder, and those above it that do not exist, for this user alone.

    Raises:
        OSError: A folder cannot be created.
    """
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        # Another process may create it at the same time.
        missing.mkdir(mode=0o700, exist_ok=True)


def make_private(path: Path) -> None:
    """Takes the permissions of other users from a file or folder, if this user may."""
    with contextlib.suppress(OSError):
        path.chmod(path.stat().st_mode & 0o700)


def open_private(path: Path, mode: Literal["ab", "wb"]) -> BinaryIO:
    """Opens a file as `open` does; a new one is for this user alone.

    Args:
        path: Path of the file.
        mode: As for `open`.

    Raises:
        OSError: The file cannot be opened.
    """
    return open(path, mode, opener=_opener)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
