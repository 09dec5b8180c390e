"""Whatever the order in which rows arrive, batches are the same, and each ordinal ends once."""

from __future__ import annotations

import random
from typing import Any

import pytest

from distilabel._engine.rows.reorder_buffer import ReorderBuffer
from distilabel._engine.rows.rows import RowChunk


def batches(chunks: list[RowChunk], size: int) -> tuple[list[list[Any]], list[int]]:
    sorter = ReorderBuffer()
    made, closed = [], []
    for chunk in chunks:
        sorter.push(chunk)
        while sorter.ready >= size:
            batch = sorter.take(size)
            assert all(key[0] not in closed for key in batch.keys)
            made.append(batch.rows)
            closed += list(batch.closed)
    sorter.end()
    while sorter.ready or sorter.has_closed:
        batch = sorter.take(min(size, sorter.ready))
        made += [batch.rows] if batch.rows else []
        closed += list(batch.closed)
    return made, closed


@pytest.mark.parametrize("seed", range(60))
def test_random_orders_give_the_same_batches(seed: int) -> None:
    rng = random.Random(seed)
    ordinals = rng.randrange(1, 60)
    size = rng.randrange(1, 9)
    rows: list[tuple[int, ...]] = []
    for ordinal in range(ordinals):
        fan = rng.choice([0, 1, 1, 1, 3])
        rows += [(ordinal,)] if fan == 1 else [(ordinal, i) for i in range(fan)]
    # Rows come in any order, an ordinal is closed with or after the last of its rows.
    order = rows[:]
    rng.shuffle(order)
    left = {o: sum(key[0] == o for key in rows) for o in range(ordinals)}
    chunks = [RowChunk([], [], [o]) for o, count in left.items() if count == 0]
    i = 0
    while i < len(order):
        some = order[i : i + rng.randrange(1, 6)]
        i += len(some)
        for key in some:
            left[key[0]] -= 1
        done = sorted({key[0] for key in some if left[key[0]] == 0})
        if rng.random() < 0.5:
            chunks.append(RowChunk(some, some, done))
        else:
            chunks += [RowChunk(some, some, []), RowChunk([], [], done)]
    made, closed = batches(chunks, size)
    assert [row for batch in made for row in batch] == sorted(rows)
    assert all(len(batch) == size for batch in made[:-1])
    assert closed == list(range(ordinals))


def test_rows_wait_for_those_before_them() -> None:
    sorter = ReorderBuffer()
    sorter.push(RowChunk([(1,)], ["b"], [1]))
    assert sorter.ready == 0
    sorter.push(RowChunk([(0,)], ["a"], [0]))
    assert sorter.take(2) == ([(0,), (1,)], ["a", "b"], range(0, 2))


def test_an_ordinal_ends_with_its_last_row() -> None:
    sorter = ReorderBuffer()
    sorter.push(RowChunk([(0, 0), (0, 1), (1,)], ["a", "b", "c"], range(2)))
    assert sorter.take(1).closed == range(0, 0)
    assert sorter.take(1).closed == range(0, 1)
    assert sorter.take(1).closed == range(1, 2)


def test_what_is_never_closed_comes_out_at_the_end() -> None:
    assert batches([RowChunk([(5,)], ["x"], []), RowChunk([(2,)], ["y"], [])], 10)[0] == [
        ["y", "x"]
    ]


def test_a_million_rows_do_not_pile_up() -> None:
    sorter = ReorderBuffer()
    for i in range(2000):
        sorter.push(RowChunk([(i,)], [i], range(i, i + 1)))
        sorter.take(1)
    assert len(sorter._keys) <= 4097
