"""Orders that are random, the same on every start, and cheap for a million rows."""

from __future__ import annotations

from random import Random


class Shuffle:
    """A random order of the numbers below `count`, made as far as it is read.

    Args:
        count: Number of numbers.
        seed: Makes the order.
    """

    def __init__(self, count: int, seed: str) -> None:
        self._count = count
        self._random = Random(seed)
        self._order: list[int] = []
        # Fisher-Yates on an array that exists only where it was changed.
        self._moved: dict[int, int] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> int:
        if index >= self._count:
            raise IndexError(index)
        while len(self._order) <= index:
            here = len(self._order)
            there = self._random.randrange(here, self._count)
            self._order.append(self._moved.get(there, there))
            self._moved[there] = self._moved.pop(here, here)
        return self._order[index]


def display_order(count: int, seed: str) -> list[int]:
    """Returns the order in which candidates are shown.

    Args:
        count: Number of candidates.
        seed: Makes the order.
    """
    order = list(range(count))
    Random(seed).shuffle(order)
    return order
