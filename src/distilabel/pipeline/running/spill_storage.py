"""Where rows wait for global steps, as a user says it: a path and options for `fsspec`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel._engine.operators.spill import SpillStorage
from distilabel.errors import DistilabelUserError


def storage_of(
    parameters: dict[str, Any] | None, use_fs: bool, folder: Path
) -> SpillStorage | None:
    """The storage that `run` was asked to use.

    Args:
        parameters: `path`, and options of its file system, as they were checked; None for none.
        use_fs: whether to use `folder` where there are no parameters.
        folder: on this machine.

    Returns:
        The storage; None if rows wait in memory.

    Raises:
        DistilabelUserError: the path cannot be used.
    """
    if parameters is None and not use_fs:
        return None
    given = parameters if parameters is not None else {"path": str(folder)}
    from fsspec.core import url_to_fs

    options = {name: value for name, value in given.items() if name != "path"}
    try:
        files, path = url_to_fs(str(given["path"]), **options)
        files.makedirs(path, exist_ok=True)
    except Exception as error:
        # File systems raise whatever they like.
        raise DistilabelUserError(
            f"storage_parameters: {given['path']} cannot be used: {type(error).__name__}: {error}."
        ) from error
    return SpillStorage(files, path)
