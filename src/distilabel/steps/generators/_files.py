"""Finds the data files of a path and their formats, by name."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

FORMATS: Final = {
    "arrow": "arrow",
    "csv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "parquet": "parquet",
    "text": "text",
    "txt": "text",
}
_COMPRESSIONS: Final = (".gz", ".bz2", ".xz", ".zst")


def file_format(file: str) -> str | None:
    """Returns the format of a file, such as `json` for `rows.jsonl.gz`; None if unknown."""
    name = file.rpartition("/")[2].lower()
    for suffix in _COMPRESSIONS:
        name = name.removesuffix(suffix)
    return FORMATS.get(name.rpartition(".")[2]) if "." in name else None


def full_path(path: str) -> str:
    """Returns a path with its directory, so that a message tells where a relative one leads."""
    from fsspec.core import url_to_fs

    fs, root = url_to_fs(path)
    local = "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)
    return str(root) if local else path


def find_files(path: str, storage_options: dict[str, Any] | None, same_format: bool) -> list[str]:
    """Finds the files of a path.

    Args:
        path: File, glob pattern or directory; any path that `fsspec` supports. A directory stands
            for the files in it and in its direct subdirectories, except hidden ones.
        storage_options: Options of the file system.
        same_format: Whether to use only the files of a directory that have the same format as the
            first one with a known format. This skips a README next to the data.

    Returns:
        Paths, with their protocol unless they are local; empty if there are no files.
    """
    from fsspec.core import has_magic, url_to_fs

    fs, root = url_to_fs(path, **(storage_options or {}))
    if fs.isdir(root):
        inside = chain(sorted(fs.glob(f"{root}/*")), sorted(fs.glob(f"{root}/*/*")))
        found = [p for p in inside if p.rpartition("/")[2][0] not in "._" and fs.isfile(p)]
        formats = [f for f in map(file_format, found) if f]
        if formats and same_format:
            found = [p for p in found if file_format(p) == formats[0]]
    elif fs.exists(root):
        found = [root]
    else:
        found = sorted(fs.glob(root)) if has_magic(root) else []
    local = "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)
    return [p if local else fs.unstrip_protocol(p) for p in found]
