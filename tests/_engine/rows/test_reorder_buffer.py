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


@pytest.mark.parametrize("seed", range(12))
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


def nearly_ordered(rng: random.Random) -> list[RowChunk]:
    """Chunks as operators send them: runs of ordinals, of which now and then some come later."""
    ordinals = rng.randrange(2, 14)
    left: list[RowChunk] = []
    for ordinal in range(ordinals):
        fan = rng.choice([0, 1, 1, 1, 2])
        rows: list[tuple[int, ...]] = (
            [(ordinal,)] if fan == 1 else [(ordinal, i) for i in range(fan)]
        )
        if rows and rng.random() < 0.3:
            # Its rows come first, and are closed by an empty chunk.
            left += [RowChunk(rows, rows, []), RowChunk([], [], [ordinal])]
        else:
            left.append(RowChunk(rows, rows, [ordinal]))
    chunks: list[RowChunk] = []
    while left:
        count = rng.randrange(1, 4)
        # A chunk is the next few, sometimes without one, which then stays at the front.
        run = left[:count]
        # Rows that are closed later are not overtaken by their own end.
        if len(left) > count + 1 and left[count].closed and rng.random() < 0.4:
            run = [*run, left[count + 1]]
        for each in run:
            left.remove(each)
        keys = [key for each in run for key in each.keys]
        if rng.random() < 0.2:
            keys.reverse()
        chunks.append(RowChunk(keys, keys, [o for each in run for o in each.closed]))
    return chunks


def test_rows_are_ready_as_soon_as_all_before_them_are_closed_and_no_sooner() -> None:
    for seed in range(400):
        rng = random.Random(seed)
        sorter = ReorderBuffer()
        arrived: list[tuple[int, ...]] = []
        done: set[int] = set()
        taken: list[tuple[int, ...]] = []
        ended: list[int] = []
        for chunk in nearly_ordered(rng):
            sorter.push(chunk)
            arrived += chunk.keys
            done.update(chunk.closed)
            first_open = min(set(range(len(done) + 1)) - done)
            complete = sorted(key for key in arrived if key[0] < first_open)
            assert sorter.ready + len(taken) == len(complete), (seed, chunk)
            batch = sorter.take(rng.randrange(sorter.ready + 1))
            assert batch.rows == batch.keys
            taken += batch.keys
            ended += batch.closed
            # Every ordinal whose rows are all taken has ended.
            rest = complete[len(taken) :]
            assert taken == complete[: len(taken)]
            assert ended == list(range(rest[0][0] if rest else first_open)), (seed, chunk)


def test_at_the_end_the_rows_that_were_never_closed_come_in_order_and_end() -> None:
    sorter = ReorderBuffer()
    sorter.push(RowChunk([(3, 1), (3, 0)], ["d", "c"], []))
    sorter.push(RowChunk([(1,)], ["b"], []))
    sorter.push(RowChunk([], [], [5]))
    assert (sorter.ready, sorter.has_closed) == (0, False)
    sorter.end()
    # Ordinal 5 was closed without rows, behind a gap.
    assert sorter.take(3) == ([(1,), (3, 0), (3, 1)], ["b", "c", "d"], range(0, 6))
    assert not sorter.has_closed
    alone = ReorderBuffer()
    alone.push(RowChunk([(4,)], ["e"], []))
    alone.end()
    assert alone.take(1).closed == range(0, 5)


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
    # Some always wait, so that it is never empty.
    sorter.push(RowChunk([(i,) for i in range(5)], list(range(5)), range(5)))
    for i in range(5, 12_000):
        sorter.push(RowChunk([(i,)], [i], range(i, i + 1)))
        assert sorter.take(1).rows == [i - 5]
    assert len(sorter._keys) <= 4200
