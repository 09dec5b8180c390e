"""Every row a step gives gets a key of its own, and copies share nothing that can be changed."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._engine.rows.rows import (
    RowOrigin,
    checked_rows,
    distinct,
    keys_at,
    match_origins,
    own_copy,
)

BEFORE = [{"a": i} for i in range(4)]
KEYS: list[Any] = [(i + 10,) for i in range(4)]


def keys_of(after: list[Any], *others: list[Any]) -> list[Any]:
    return keys_at(KEYS, match_origins(BEFORE, after, *others))


def test_the_same_rows_keep_their_keys() -> None:
    assert keys_of(BEFORE) == KEYS


def test_reordered_rows_take_their_keys_with_them() -> None:
    assert keys_of([BEFORE[2], BEFORE[0], BEFORE[3], BEFORE[1]]) == [(12,), (10,), (13,), (11,)]


def test_dropped_rows_shift_nobody() -> None:
    assert keys_of([BEFORE[1], BEFORE[3]]) == [(11,), (13,)]


def test_new_rows_of_the_same_number_are_matched_by_position() -> None:
    assert keys_of([{"b": i} for i in range(4)]) == KEYS


def test_a_row_given_twice_is_told_apart() -> None:
    assert keys_of([BEFORE[0], BEFORE[0], BEFORE[1]]) == [(10, 0), (10, 1), (11,)]


def test_new_rows_belong_to_the_row_before_them() -> None:
    after = [BEFORE[0], {"new": 1}, BEFORE[2], {"new": 2}, {"new": 3}]
    assert keys_of(after) == [(10, 0), (10, 1), (12, 0), (12, 1), (12, 2)]


def test_fresh_rows_of_another_number_extend_the_first_key() -> None:
    assert keys_of([{"new": 1}]) == [(10, 0)]
    assert keys_of([{"new": i} for i in range(6)]) == [(10, i) for i in range(6)]


def test_nothing_made_of_something() -> None:
    assert keys_of([]) == []
    assert match_origins([], []) == []


def test_rows_of_another_predecessor_are_recognised_too() -> None:
    other = [{"b": i} for i in range(4)]
    assert keys_of([other[1], other[3]], other) == [(11,), (13,)]


@pytest.mark.parametrize("seed", range(30))
def test_keys_are_always_unique(seed: int) -> None:
    import random

    rng = random.Random(seed)
    after = [rng.choice([*BEFORE, {"new": i}]) for i in range(rng.randrange(8))]
    keys = keys_of(after)
    assert len(set(keys)) == len(keys) == len(after)
    assert {key[0] for key in keys} <= {key[0] for key in KEYS}


def test_a_copy_shares_no_dict_and_no_list() -> None:
    row: dict[str, Any] = {"a": [1, {"b": [2, 3]}], "c": {"d": [{"e": 1}]}, "f": (1, 2)}
    copy = own_copy(row)
    assert copy == row
    copy["a"][1]["b"].append(4)
    copy["c"]["d"][0]["e"] = 5
    copy["a"].append(6)
    assert row == {"a": [1, {"b": [2, 3]}], "c": {"d": [{"e": 1}]}, "f": (1, 2)}


def test_a_flat_list_is_copied_too() -> None:
    row = {"v": [0.1] * 1000}
    own_copy(row)["v"].append(1.0)
    assert len(row["v"]) == 1000


def test_a_row_that_stands_in_a_list_twice_becomes_two() -> None:
    row: dict[str, Any] = {"a": []}
    one, two = distinct([row, row])
    two["a"].append(1)
    assert one is row
    assert row == {"a": []}


@pytest.mark.parametrize("wrong", ["text", 3, None, ["a"]])
def test_what_is_no_row_is_named_with_its_step(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"of mine yielded a .*list of dicts"):
        checked_rows([{"a": 1}, wrong], "mine")


def test_the_place_of_an_only_child_is_that_of_its_parent() -> None:
    assert match_origins(BEFORE, [BEFORE[3]]) == [RowOrigin(3, -1)]
