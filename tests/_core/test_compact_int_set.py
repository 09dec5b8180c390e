"""Protects the compact set: it loses no number, takes none for another, and needs little memory."""

from __future__ import annotations

import random

from distilabel._core.compact_int_set import CompactIntSet


def test_adding_and_removing_work_as_in_a_plain_set() -> None:
    draw = random.Random(1)
    # Few enough that they come again, and close enough that they collide.
    some = [draw.getrandbits(63) for _ in range(200)]
    some += [(number << 8) & (2**63 - 1) for number in range(200)]
    numbers, wanted = CompactIntSet(), set[int]()
    for _ in range(20_000):
        number = draw.choice(some)
        if draw.random() < 0.6:
            assert numbers.add(number) is (number not in wanted)
            wanted.add(number)
        else:
            numbers.discard(number)
            wanted.discard(number)
        assert len(numbers) == len(wanted)
    assert not any(numbers.add(number) for number in wanted)


def test_a_number_takes_at_most_thirty_bytes() -> None:
    import tracemalloc

    draw = random.Random(2)
    tracemalloc.start()
    numbers = CompactIntSet()
    for _ in range(50_000):
        numbers.add(draw.getrandbits(63))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(numbers) == 50_000
    assert taken / 50_000 < 30
