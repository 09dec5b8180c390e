"""Opens the folder in which rows wait for global steps: a path, and options for `fsspec`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel._engine.spill_storage import SpillStorage
from distilabel.errors import DistilabelUserError


def open_storage(
    parameters: dict[str, Any] | None, use_fs: bool, folder: Path
) -> SpillStorage | None:
    """Opens the storage that the arguments of `Pipeline.run` ask for.

    Args:
        parameters: `storage_parameters`: a `path`, and options of its file system. Already checked.
        use_fs: `use_fs_to_pass_data`: whether to use `folder` if `parameters` is None.
        folder: Folder on this machine.

    Returns:
        The storage; None if rows wait in memory.

    Raises:
        DistilabelUserError: The path cannot be opened or created.
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
        # File systems of `fsspec` raise exceptions of their own libraries.
        raise DistilabelUserError(
            f"storage_parameters: {given['path']} cannot be used: {type(error).__name__}: {error}."
        ) from error
    return SpillStorage(files, path)
