"""Rows of several branches meet by key; a branch that drops, multiplies or ends shifts nobody."""

from __future__ import annotations

import random
import weakref
from typing import Any

import pytest

from distilabel._engine.rows.row_joiner import RowJoiner
from distilabel._engine.rows.rows import RowChunk


def chunk(rows: dict[Any, Any], closed: Any) -> RowChunk:
    return RowChunk(list(rows), [{"v": v} for v in rows.values()], closed)


def pairs(out: RowChunk) -> dict[Any, Any]:
    return {
        key: tuple(part and part["v"] for part in row)
        for key, row in zip(out.keys, out.rows, strict=True)
    }


def test_rows_meet_when_all_have_them() -> None:
    join = RowJoiner(2, partial=False)
    assert join.push(0, chunk({(0,): "a", (1,): "b"}, [0, 1])) == ([], [], [])
    out = join.push(1, chunk({(1,): "B"}, [1]))
    assert pairs(out) == {(1,): ("b", "B")}
    assert list(out.closed) == [1]
    assert pairs(join.push(1, chunk({(0,): "A"}, [0]))) == {(0,): ("a", "A")}


def test_a_dropped_row_is_counted_and_shifts_nobody() -> None:
    join = RowJoiner(2, partial=False)
    join.push(0, chunk({(0,): "a", (1,): "b"}, [0, 1]))
    out = join.push(1, chunk({(1,): "B"}, [0, 1]))
    assert pairs(out) == {(1,): ("b", "B")}
    assert list(out.closed) == [0, 1]
    assert join.lost == 1


def test_branches_that_multiply_alike_meet_one_by_one() -> None:
    join = RowJoiner(2, partial=False)
    join.push(0, chunk({(0, 0): "a", (0, 1): "b"}, [0]))
    out = join.push(1, chunk({(0, 0): "A", (0, 1): "B"}, [0]))
    assert pairs(out) == {(0, 0): ("a", "A"), (0, 1): ("b", "B")}


def test_a_branch_that_multiplies_meets_the_one_row_of_the_other() -> None:
    join = RowJoiner(2, partial=False)
    join.push(0, chunk({(0,): "a"}, [0]))
    out = join.push(1, chunk({(0, 0): "A", (0, 1): "B"}, [0]))
    assert pairs(out) == {(0, 0): ("a", "A"), (0, 1): ("a", "B")}
    assert out.rows[0][0] is not out.rows[1][0]
    assert join.lost == 0


def test_a_routed_row_meets_those_it_was_sent_to() -> None:
    join = RowJoiner(2, partial=True)
    join.push(0, chunk({(0,): "a"}, [0, 1]))
    out = join.push(1, chunk({(1,): "B"}, [0, 1]))
    assert pairs(out) == {(0,): ("a", None), (1,): (None, "B")}
    assert join.lost == 0


def test_a_port_that_ends_early_holds_nobody_up() -> None:
    join = RowJoiner(2, partial=False)
    join.push(0, chunk({(0,): "a", (1,): "b"}, [0, 1]))
    out = join.end(1)
    assert (out.keys, list(out.closed)) == ([], [0, 1])
    assert join.lost == 2
    assert list(join.push(0, chunk({(2,): "c"}, [2])).closed) == [2]
    assert join.lost == 3


@pytest.mark.parametrize("seed", range(30))
def test_random_branches_join_as_a_dictionary_would(seed: int) -> None:
    rng = random.Random(seed)
    ports = rng.choice([2, 3])
    have = [{(o,): f"{p}{o}" for o in range(30) if rng.random() < 0.8} for p in range(ports)]
    join = RowJoiner(ports, partial=False)
    events = [(p, o) for p in range(ports) for o in range(30)]
    rng.shuffle(events)
    out: dict[Any, Any] = {}
    closed: list[int] = []
    for p, o in events:
        rows = {(o,): have[p][(o,)]} if (o,) in have[p] else {}
        made = join.push(p, chunk(rows, [o]))
        out |= pairs(made)
        closed += made.closed
    both = set(have[0]).intersection(*have[1:])
    assert out == {key: tuple(rows[key] for rows in have) for key in both}
    assert sorted(closed) == list(range(30))
    assert join.lost == len(set().union(*have) - both)


class Tracked(dict[str, Any]):
    """A row that can be weakly referenced."""


def test_rows_that_were_joined_or_lost_are_not_kept_in_memory() -> None:
    join = RowJoiner(2, partial=False)
    rows = [Tracked(n=n) for n in range(3)]
    left = [weakref.ref(row) for row in rows]
    join.push(0, RowChunk([(0,), (1,), (2,)], list(rows), [0, 1, 2]))
    join.push(1, RowChunk([(0,)], [{"m": 0}], [0]))
    join.push(1, RowChunk([], [], [1]))
    del rows
    # Only the third one still waits for its counterpart.
    assert [reference() is None for reference in left[:2]] == [True, True]
