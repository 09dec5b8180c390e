"""Finds the files of the artifacts of a run: those in their folder, not what links lead to."""

from __future__ import annotations

import logging
import os
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
    if folder is None:
        return []
    files = [
        file
        for parent, _, names in os.walk(folder, followlinks=False)
        for file in (Path(parent, name) for name in names)
        if file.is_file() and not file.is_symlink()
    ]
    return [(file, file.relative_to(folder).as_posix()) for file in sorted(files)]
