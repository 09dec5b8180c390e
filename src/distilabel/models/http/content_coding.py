"""Unpacks bodies that a server has compressed, and never more of them than is wanted."""

from __future__ import annotations

import zlib
from typing import Final

# What requests ask for.
ACCEPTED: Final = "gzip, deflate"
_GZIP: Final = frozenset({"gzip", "x-gzip"})


class BodyDecoder:
    """Unpacks one body, piece by piece.

    Args:
        coding: `Content-Encoding` of the reply.

    Raises:
        ValueError: The coding is not one that was asked for.
    """

    def __init__(self, coding: str) -> None:
        name = coding.strip().lower()
        if name not in _GZIP and name != "deflate":
            raise ValueError(f"its Content-Encoding is {coding!r}, which was not asked for")
        self._is_gzip = name in _GZIP
        self._unpacker: zlib._Decompress | None = None

    def decode(self, data: bytes, most: int) -> bytes:
        """Unpacks the next piece.

        Args:
            data: Next bytes of the body; not empty.
            most: Number of bytes after which unpacking may stop.

        Raises:
            ValueError: The body is damaged.
        """
        parts = []
        try:
            while data and most > 0:
                unpacker = self._unpacker = self._unpacker or self._unpacker_for(data)
                parts.append(unpacker.decompress(data, most))
                most -= len(parts[-1])
                data = unpacker.unused_data
                if unpacker.eof and data:
                    if not self._is_gzip:
                        break
                    # Several members, one after another.
                    self._unpacker = None
        except zlib.error as error:
            raise ValueError(f"it cannot be unpacked: {error}") from error
        return b"".join(parts)

    @property
    def is_complete(self) -> bool:
        """Whether the body has ended where it should; True also for an empty one."""
        return self._unpacker is None or self._unpacker.eof

    def _unpacker_for(self, data: bytes) -> zlib._Decompress:
        if self._is_gzip:
            return zlib.decompressobj(wbits=31)
        # Some servers leave out the header of zlib.
        has_header = data[0] & 0x0F == 8 and (len(data) < 2 or int.from_bytes(data[:2]) % 31 == 0)
        return zlib.decompressobj(wbits=15 if has_header else -15)
