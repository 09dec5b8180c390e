"""Data files: which files a path means, and what kind they are. Knows names, not contents."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

KINDS: Final = {
    "arrow": "arrow",
    "csv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "parquet": "parquet",
    "text": "text",
    "txt": "text",
}
_PACKED: Final = (".gz", ".bz2", ".xz", ".zst")


def kind(file: str) -> str | None:
    """The kind of a file by its name: `rows.jsonl.gz` is `json`; None if the name tells none."""
    name = file.rpartition("/")[2].lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return KINDS.get(name.rpartition(".")[2]) if "." in name else None


def find(path: str, storage_options: dict[str, Any] | None, one_kind: bool) -> list[str]:
    """The files that a file, a pattern or a folder means.

    Args:
        path: any path `fsspec` knows. Of a folder, the files in it and in its direct sub-folders
            are meant, less hidden ones.
        storage_options: for the file system.
        one_kind: in a folder, take only files of the kind of the first one that has a kind; a
            README beside the data holds no rows.

    Returns:
        Paths with their protocol, unless they are on this machine; none if there are none.
    """
    from fsspec.core import has_magic, url_to_fs

    fs, where = url_to_fs(path, **(storage_options or {}))
    if fs.isdir(where):
        inside = chain(sorted(fs.glob(f"{where}/*")), sorted(fs.glob(f"{where}/*/*")))
        found = [p for p in inside if p.rpartition("/")[2][0] not in "._" and fs.isfile(p)]
        kinds = [k for k in map(kind, found) if k]
        if kinds and one_kind:
            found = [p for p in found if kind(p) == kinds[0]]
    elif fs.exists(where):
        found = [where]
    else:
        found = sorted(fs.glob(where)) if has_magic(where) else []
    local = "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)
    return [p if local else fs.unstrip_protocol(p) for p in found]
