"""Locality-sensitive hashing: finds MinHash signatures that are similar to earlier ones.

A signature is cut into bands. Two texts match if all values of one band are equal.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

# Values of the integrals below are computed at this many points.
_POINTS: Final = 1_000


@cache
def best_bands(threshold: float, num_perm: int) -> tuple[int, int]:
    """Returns the number of bands, and of values in each, that separate best at a similarity.

    Texts with the Jaccard similarity s match with the probability 1 - (1 - s^rows)^bands. The sum
    of the areas above this curve right of the threshold (missed duplicates) and below it on the
    left (false ones) is the smallest.

    Args:
        threshold: Jaccard similarity from which on texts are duplicates.
        num_perm: Number of values in a signature.
    """
    import numpy as np

    similarity = (np.arange(_POINTS) + 0.5) / _POINTS
    is_duplicate = similarity >= threshold
    best, least = (1, num_perm), np.inf
    for bands in range(1, num_perm + 1):
        for rows in range(1, num_perm // bands + 1):
            matches = 1 - (1 - similarity**rows) ** bands
            error = np.where(is_duplicate, 1 - matches, matches).sum()
            if error < least:
                best, least = (bands, rows), error
    return best


class Index(Protocol):
    """Signatures of the texts that are kept."""

    def add(self, signatures: Sequence[Any]) -> Iterator[bool]:
        """Adds signatures that match none that is there already, one after the other.

        Args:
            signatures: Signatures with `bands * rows` values.

        Yields:
            Whether the signature was added.
        """
        ...

    def close(self) -> None:
        """Releases the memory or removes the file."""
        ...


class MemoryIndex:
    """Keeps the bands in memory, in an index of rensa.

    Args:
        rensa: The module.
        threshold: Jaccard similarity from which on texts are duplicates.
        bands: Number of bands.
        rows: Number of values in a band.
    """

    def __init__(self, rensa: Any, threshold: float, bands: int, rows: int) -> None:
        self._lsh = rensa.RMinHashLSH(threshold, bands * rows, bands)
        self._count = 0

    def add(self, signatures: Sequence[Any]) -> Iterator[bool]:
        """See `Index.add`."""
        for signature in signatures:
            is_new = not self._lsh.query(signature)
            if is_new:
                self._lsh.insert(self._count, signature)
                self._count += 1
            yield is_new

    def close(self) -> None:
        """Releases the memory."""
        self._lsh = None


class DiskIndex:
    """Keeps the bands in a file of its own, which is removed when it is closed.

    Args:
        folder: Folder of the file; created if it does not exist.
        bands: Number of bands.
        rows: Number of values in a band.
    """

    def __init__(self, folder: Path, bands: int, rows: int) -> None:
        self._bands, self._rows = bands, rows
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(dir=folder, prefix="minhash-")
        # `load` and `process` may run in different threads, one at a time.
        self._file = sqlite3.connect(
            Path(self._folder.name) / "bands.sqlite", check_same_thread=False, isolation_level=None
        )
        # Not read by a later run, so it need not survive a crash.
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        # In KiB. Hashes come in random order: each insert may need another page of the file.
        self._file.execute("PRAGMA cache_size = -65536")
        self._file.execute("CREATE TABLE bands (hash INTEGER PRIMARY KEY)")

    def add(self, signatures: Sequence[Any]) -> Iterator[bool]:
        """See `Index.add`."""
        self._file.execute("BEGIN")
        try:
            for signature in signatures:
                hashes = self._hashes(signature)
                marks = ",".join("?" * len(hashes))
                found = self._file.execute(
                    f"SELECT 1 FROM bands WHERE hash IN ({marks}) LIMIT 1", hashes
                ).fetchone()
                if found is None:
                    self._file.executemany(
                        "INSERT OR IGNORE INTO bands VALUES (?)", ((value,) for value in hashes)
                    )
                yield found is None
        finally:
            self._file.execute("COMMIT")

    def _hashes(self, signature: Any) -> list[int]:
        values = signature.digest()
        data = struct.pack(f"<{len(values)}I", *values)
        size = 4 * self._rows
        hashes = []
        for band in range(self._bands):
            # The position of a band is part of its hash: bands match only at the same one.
            hashed = hashlib.blake2b(
                data[band * size : (band + 1) * size], digest_size=8, salt=struct.pack("<Q", band)
            )
            hashes.append(int.from_bytes(hashed.digest(), "little", signed=True))
        return hashes

    def close(self) -> None:
        """Closes the file and removes it."""
        self._file.close()
        self._folder.cleanup()
