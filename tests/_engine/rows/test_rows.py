"""Every row a step gives gets a key of its own, and copies share nothing that can be changed."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._engine.rows.rows import (
    checked_rows,
    distinct,
    keys_at,
    own_copy,
)

KEYS: list[Any] = [(i + 10,) for i in range(4)]


def test_one_row_from_each_keeps_the_keys() -> None:
    assert keys_at(KEYS, range(4)) is KEYS


def test_reordered_rows_take_their_keys_with_them() -> None:
    assert keys_at(KEYS, [2, 0, 3, 1]) == [(12,), (10,), (13,), (11,)]


def test_dropped_rows_shift_no_other_row() -> None:
    assert keys_at(KEYS, [1, 3]) == [(11,), (13,)]


def test_several_rows_from_one_are_told_apart() -> None:
    assert keys_at(KEYS, [0, 0, 1]) == [(10, 0), (10, 1), (11,)]


def test_rows_of_unknown_origin_belong_to_the_row_before_them() -> None:
    assert keys_at(KEYS, [0, None, 2, None, None]) == [(10, 0), (10, 1), (12, 0), (12, 1), (12, 2)]


def test_rows_of_unknown_origin_before_all_others_belong_to_the_first_known_one() -> None:
    assert keys_at(KEYS, [None, 2, 3]) == [(12, 0), (12, 1), (13,)]


def test_a_row_of_unknown_origin_never_has_the_key_of_an_input_row() -> None:
    assert keys_at(KEYS, [None]) == [(10, 0)]
    assert keys_at(KEYS, [None] * 6) == [(10, i) for i in range(6)]


@pytest.mark.parametrize("seed", range(30))
def test_keys_are_always_unique(seed: int) -> None:
    import random

    rng = random.Random(seed)
    origins = [rng.choice([0, 1, 2, 3, None]) for _ in range(rng.randrange(8))]
    keys = keys_at(KEYS, origins)
    assert len(set(keys)) == len(keys) == len(origins)
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
