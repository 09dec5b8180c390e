"""Opens the distiset of a folder or of a run, also of one that was killed or still goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from distilabel.constants import DISTISET_CONFIG_FOLDER, STEPS_OUTPUTS_PATH
from distilabel.errors import DistilabelUserError
from distilabel.pipeline.workspace.run_directory import RunDirectory
from distilabel.pipeline.workspace.run_history import find_run

if TYPE_CHECKING:
    from distilabel.distiset import Distiset


def open_distiset(source: str, cache_dir: Path) -> tuple[Distiset, bool]:
    """Opens a distiset.

    Args:
        source: Folder of `Distiset.save_to_disk`, run directory, id of a run or its first
            characters, or `last`.
        cache_dir: Cache directory, for the id of a run.

    Returns:
        The distiset, and whether it is whole; one of a run that was killed or goes on has the rows
        that are written so far.

    Raises:
        DistilabelUserError: There is no such folder or run, or it has no rows.
    """
    from distilabel.distiset import Distiset, create_distiset

    folder = Path(source).expanduser()
    if folder.is_dir():
        if (folder / DISTISET_CONFIG_FOLDER).is_dir():
            return _with_rows(Distiset.load_from_disk(folder), source), True
        data, is_whole = _data_in(folder)
    else:
        run = find_run(cache_dir, source)
        directory = RunDirectory(cache_dir, run.folder)
        unfinished = directory.unfinished_data(run.pid) if run.report is None else None
        data, is_whole = unfinished or directory.data, unfinished is None
    if data is None or not data.is_dir():
        raise DistilabelUserError(
            f"{source}: there are no rows. Give a folder that Distiset.save_to_disk wrote, a run "
            "directory or the id of a run."
        )
    return _with_rows(create_distiset(data), source), is_whole


def _data_in(folder: Path) -> tuple[Path | None, bool]:
    """Returns the outputs in a run directory, and whether they are whole."""
    if (folder / STEPS_OUTPUTS_PATH).is_dir():
        return folder, True
    directory = RunDirectory(folder, folder)
    if directory.data.is_dir():
        return directory.data, True
    return directory.unfinished_data(), False


def _with_rows(distiset: Distiset, source: str) -> Distiset:
    if not distiset:
        raise DistilabelUserError(
            f"{source}: no rows are written yet. A run writes them once a minute, or every "
            "10,000 rows."
        )
    return distiset
