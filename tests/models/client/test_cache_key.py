"""Protects the numbering of equal questions: each gets its own answer, the same on a rerun."""

from __future__ import annotations

import random
from collections import Counter

from distilabel.models.client.cache_key import OccurrenceCounter


def digest(number: int) -> bytes:
    return number.to_bytes(16, "little")


def test_it_counts_like_a_counter() -> None:
    lots = random.Random(7)
    counter, reference = OccurrenceCounter(), Counter[int]()
    for _ in range(5_000):
        number = lots.randrange(300)
        if reference[number] and lots.random() < 0.3:
            counter.forget(digest(number))
            reference[number] -= 1
        else:
            assert counter.add(digest(number)) == reference[number]
            reference[number] += 1
