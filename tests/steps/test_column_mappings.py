"""Renaming there and back changes no row that was given, and loses no column."""

from __future__ import annotations

import random

import pytest

from distilabel.steps.column_mappings import Mappings


def test_without_mappings_the_row_itself() -> None:
    mappings, row = Mappings({}, {}), {"a": 1}
    assert not mappings
    assert mappings.into(row) is row


def test_there_and_back() -> None:
    mappings = Mappings({"instruction": "prompt"}, {"generation": "answer"})
    row = {"prompt": "p", "instruction": "hidden", "x": 1}
    inside = mappings.into(row)
    assert inside == {"instruction": "p", "x": 1}
    out = mappings.out_of({**inside, "generation": "g"}, mappings.set_aside(row))
    assert out == {"prompt": "p", "x": 1, "answer": "g", "instruction": "hidden"}
    assert row == {"prompt": "p", "instruction": "hidden", "x": 1}


def test_what_the_step_has_made_hides_what_was_set_aside() -> None:
    mappings = Mappings({"a": "b"}, {"c": "a"})
    row = {"b": 1, "a": "hidden"}
    out = mappings.out_of({**mappings.into(row), "c": 2}, mappings.set_aside(row))
    assert out == {"b": 1, "a": 2}


def test_two_columns_may_change_places() -> None:
    mappings = Mappings({"a": "b", "b": "a"}, {})
    row = {"a": 1, "b": 2}
    assert mappings.into(row) == {"a": 2, "b": 1}
    assert mappings.out_of(mappings.into(row), mappings.set_aside(row)) == row


@pytest.mark.parametrize("seed", range(50))
def test_a_step_that_does_nothing_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    names = list("abcdef")
    row = {name: rng.random() for name in rng.sample(names, rng.randrange(7))}
    inner = rng.sample(names, 3)
    mappings = Mappings(dict(zip(inner, rng.sample(names, 3), strict=True)), {})
    assert mappings.out_of(mappings.into(row), mappings.set_aside(row)) == row
