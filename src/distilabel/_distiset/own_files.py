"""Finds the files of the artifacts of a run: those in their folder, not what links lead to."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterator
from pathlib import Path

_log = logging.getLogger("distilabel.distiset")


def artifacts_folder(path: Path | None) -> Path | None:
    """Returns a folder for artifacts; None if it holds much else that must not be published.

    Args:
        path: Folder; None for no artifacts.
    """
    if path is None:
        return None
    folder = path.expanduser().resolve()
    for what, holder in (("working", Path.cwd()), ("home", Path.home())):
        if holder.resolve().is_relative_to(folder):
            _log.warning(
                "artifacts_path %s contains the %s directory: no artifacts are saved or pushed. "
                "Give the folder of the artifacts alone",
                path,
                what,
            )
            return None
    return path


def files_in(folder: Path | None) -> list[tuple[Path, str]]:
    """Returns the files in a folder, with their names relative to it; links are not followed.

    Args:
        folder: Folder; None has no files.
    """
    files = [] if folder is None else [file for file in _entries(folder) if file.is_file()]
    return [
        (file, file.relative_to(str(folder)).as_posix())
        for file in sorted(files)
        if not file.is_symlink()
    ]


def link_patterns(folder: Path) -> list[str]:
    """Returns glob patterns of the links in a folder and of all that is behind them."""
    links = [link.relative_to(folder).as_posix() for link in _entries(folder) if link.is_symlink()]
    return [pattern for link in links for pattern in (glob.escape(link), f"{glob.escape(link)}/*")]


def _entries(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder, followlinks=False):
        for name in (*folders, *files):
            yield Path(parent, name)
