"""Adds a checksum to stored values, and detects values that were damaged on the disk."""

from __future__ import annotations

import zlib
from typing import Final

# Ends a value that has a checksum in the four bytes before. Values of earlier versions have none;
# they are JSON, which has no null byte.
_MARK: Final = b"\x00c1"
_SIZE: Final = 4 + len(_MARK)


def with_checksum(value: bytes) -> bytes:
    """Returns a value as it is stored.

    Args:
        value: The value.
    """
    return value + zlib.crc32(value).to_bytes(4, "little") + _MARK


def without_checksum(stored: bytes) -> bytes | None:
    """Returns a value that was stored; None if it is damaged.

    Args:
        stored: The value as it was stored, or a value of an earlier version, which has no checksum.
    """
    if not stored.endswith(_MARK):
        return stored
    value = stored[:-_SIZE]
    checksum = int.from_bytes(stored[-_SIZE : -len(_MARK)], "little")
    return value if zlib.crc32(value) == checksum else None
