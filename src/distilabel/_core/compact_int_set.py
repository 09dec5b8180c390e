"""A set of 63-bit numbers that are spread evenly, such as digests, in little memory.

A `set` of ints takes some 65 bytes for each; here it is 8, and as many that are free.
"""

from __future__ import annotations

from array import array
from typing import Final

# So many small tables, each of which grows by itself: one large one would stop all else for it.
_SHARDS: Final = 256
_SHARD_BITS: Final = 8
_FIRST: Final = 8
# Set in every number that is there: a free place is 0.
_TAKEN: Final = 1 << 63


class CompactIntSet:
    """Numbers from 0 to 2**63 - 1."""

    def __init__(self) -> None:
        self._tables = [array("Q", bytes(8 * _FIRST)) for _ in range(_SHARDS)]
        self._counts = [0] * _SHARDS

    def __len__(self) -> int:
        return sum(self._counts)

    def add(self, number: int) -> bool:
        """Adds a number; says whether it is new."""
        number |= _TAKEN
        shard = number & (_SHARDS - 1)
        table = self._tables[shard]
        place = _place(table, number)
        if table[place]:
            return False
        table[place] = number
        self._counts[shard] += 1
        if 3 * self._counts[shard] > 2 * len(table):
            self._tables[shard] = _larger(table)
        return True

    def discard(self, number: int) -> None:
        """Takes a number out, if it is there."""
        number |= _TAKEN
        shard = number & (_SHARDS - 1)
        table = self._tables[shard]
        place = _place(table, number)
        if not table[place]:
            return
        self._counts[shard] -= 1
        table[place] = 0
        # Those behind it may stand there only because it was in their way.
        mask = len(table) - 1
        place = (place + 1) & mask
        while table[place]:
            moved, table[place] = table[place], 0
            table[_place(table, moved)] = moved
            place = (place + 1) & mask


def _place(table: array[int], number: int) -> int:
    """Where a number stands in a table, or would."""
    mask = len(table) - 1
    place = (number >> _SHARD_BITS) & mask
    while table[place] and table[place] != number:
        place = (place + 1) & mask
    return place


def _larger(table: array[int]) -> array[int]:
    larger = array("Q", bytes(16 * len(table)))
    for number in table:
        if number:
            larger[_place(larger, number)] = number
    return larger
