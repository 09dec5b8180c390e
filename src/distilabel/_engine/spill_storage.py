"""Where rows wait for global steps instead of in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SpillStorage:
    """A folder on any file system that `fsspec` supports.

    Attributes:
        files: The file system, an `fsspec.AbstractFileSystem`.
        folder: Path of the folder there.
    """

    files: Any
    folder: str
