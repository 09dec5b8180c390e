"""A stand-in for rensa, for machines without it: the same methods, in Python."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterable


class RMinHash:
    """The smallest of many hashes of tokens, per function."""

    def __init__(self, tokens: Iterable[bytes], num_perm: int, seed: int) -> None:
        values = [2**32 - 1] * num_perm
        for token in tokens:
            data = hashlib.shake_128(b"%d %s" % (seed, token)).digest(4 * num_perm)
            for i in range(num_perm):
                values[i] = min(values[i], int.from_bytes(data[4 * i : 4 * i + 4], "little"))
        self._values = values

    @classmethod
    def from_token_sets(
        cls, token_sets: list[set[bytes]], num_perm: int, seed: int
    ) -> list[RMinHash]:
        return [cls(tokens, num_perm, seed) for tokens in token_sets]

    def digest(self) -> list[int]:
        return self._values


class RMinHashLSH:
    """Bands in a dict."""

    def __init__(self, threshold: float, num_perm: int, num_bands: int) -> None:
        self._bands, self._rows = num_bands, num_perm // num_bands
        self._keys: dict[tuple[int, ...], list[int]] = {}

    def _of(self, minhash: RMinHash) -> list[tuple[int, ...]]:
        values, rows = minhash.digest(), self._rows
        return [(band, *values[band * rows : (band + 1) * rows]) for band in range(self._bands)]

    def query(self, minhash: RMinHash) -> list[int]:
        return [key for band in self._of(minhash) for key in self._keys.get(band, [])]

    def insert(self, key: int, minhash: RMinHash) -> None:
        for band in self._of(minhash):
            self._keys.setdefault(band, []).append(key)


def module() -> types.ModuleType:
    """Returns the stand-in."""
    made = types.ModuleType("rensa")
    made.__dict__.update(RMinHash=RMinHash, RMinHashLSH=RMinHashLSH)
    return made
