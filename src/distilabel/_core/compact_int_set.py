"""A set of 63-bit integers in little memory, for integers that are evenly spread, such as digests.

Against a plain `set` of a million integers: 20 bytes each instead of 82, and growing never pauses
it for long (at ten million, 0.1 s instead of 0.8 s); an add takes 2 µs instead of 0.4 µs. It counts
questions to a model, each of which takes far longer than that, and there may be many millions.
"""

from __future__ import annotations

from array import array
from typing import Final

# Many small tables that grow one by one: growing a single large table would stall the event loop.
_SHARDS: Final = 256
_SHARD_BITS: Final = 8
_INITIAL_SLOTS: Final = 8
# Set in every stored integer, so that 0 marks a free slot.
_TAKEN: Final = 1 << 63


class CompactIntSet:
    """A set of integers from 0 to 2**63 - 1."""

    def __init__(self) -> None:
        self._tables = [array("Q", bytes(8 * _INITIAL_SLOTS)) for _ in range(_SHARDS)]
        self._counts = [0] * _SHARDS

    def __len__(self) -> int:
        return sum(self._counts)

    def add(self, number: int) -> bool:
        """Adds a number.

        Returns:
            True if the set did not contain it.
        """
        number |= _TAKEN
        shard = number & (_SHARDS - 1)
        table = self._tables[shard]
        # `_slot`, written out: this runs once per question.
        mask = len(table) - 1
        slot = (number >> _SHARD_BITS) & mask
        while stored := table[slot]:
            if stored == number:
                return False
            slot = (slot + 1) & mask
        table[slot] = number
        count = self._counts[shard] = self._counts[shard] + 1
        if 3 * count > 2 * len(table):
            self._tables[shard] = _grown(table)
        return True

    def discard(self, number: int) -> None:
        """Removes a number if the set contains it."""
        number |= _TAKEN
        shard = number & (_SHARDS - 1)
        table = self._tables[shard]
        slot = _slot(table, number)
        if not table[slot]:
            return
        self._counts[shard] -= 1
        table[slot] = 0
        # The numbers in the slots after it may be there only because this one was in their way.
        mask = len(table) - 1
        slot = (slot + 1) & mask
        while table[slot]:
            moved, table[slot] = table[slot], 0
            table[_slot(table, moved)] = moved
            slot = (slot + 1) & mask


def _slot(table: array[int], number: int) -> int:
    """Returns the slot that holds a number, or the free one where it would go."""
    mask = len(table) - 1
    slot = (number >> _SHARD_BITS) & mask
    while table[slot] and table[slot] != number:
        slot = (slot + 1) & mask
    return slot


def _grown(table: array[int]) -> array[int]:
    """Returns a copy of a table with twice the slots."""
    grown = array("Q", bytes(16 * len(table)))
    for number in table:
        if number:
            grown[_slot(grown, number)] = number
    return grown
