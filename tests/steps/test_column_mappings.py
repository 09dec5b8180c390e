"""Renaming to the step and back leaves the input row unchanged and loses no column."""

from __future__ import annotations

import random

import pytest

from distilabel.steps.column_mappings import ColumnMappings


def test_without_mappings_the_row_itself() -> None:
    mappings, row = ColumnMappings({}, {}), {"a": 1}
    assert not mappings
    assert mappings.to_step(row) is row


def test_there_and_back() -> None:
    mappings = ColumnMappings({"instruction": "prompt"}, {"generation": "answer"})
    row = {"prompt": "p", "instruction": "hidden", "x": 1}
    inside = mappings.to_step(row)
    assert inside == {"instruction": "p", "x": 1}
    out = mappings.to_pipeline({**inside, "generation": "g"}, mappings.hidden_columns(row))
    assert out == {"prompt": "p", "x": 1, "answer": "g", "instruction": "hidden"}
    assert row == {"prompt": "p", "instruction": "hidden", "x": 1}


def test_an_output_column_replaces_a_hidden_column() -> None:
    mappings = ColumnMappings({"a": "b"}, {"c": "a"})
    row = {"b": 1, "a": "hidden"}
    out = mappings.to_pipeline({**mappings.to_step(row), "c": 2}, mappings.hidden_columns(row))
    assert out == {"b": 1, "a": 2}


def test_two_columns_may_change_places() -> None:
    mappings = ColumnMappings({"a": "b", "b": "a"}, {})
    row = {"a": 1, "b": 2}
    assert mappings.to_step(row) == {"a": 2, "b": 1}
    assert mappings.to_pipeline(mappings.to_step(row), mappings.hidden_columns(row)) == row


@pytest.mark.parametrize("seed", range(50))
def test_a_step_that_does_nothing_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    names = list("abcdef")
    row = {name: rng.random() for name in rng.sample(names, rng.randrange(7))}
    inner = rng.sample(names, 3)
    mappings = ColumnMappings(dict(zip(inner, rng.sample(names, 3), strict=True)), {})
    assert mappings.to_pipeline(mappings.to_step(row), mappings.hidden_columns(row)) == row


def test_one_column_may_be_two_inputs_of_the_step() -> None:
    mappings = ColumnMappings({"instruction": "text", "generation": "text"}, {})
    assert mappings.to_step({"text": 1, "n": 2}) == {"instruction": 1, "generation": 1, "n": 2}
    assert mappings.to_pipeline(mappings.to_step({"text": 1}), {}) == {"text": 1}


@pytest.mark.parametrize("order", [["made", "text"], ["text", "made"]])
def test_an_output_replaces_an_input_of_the_same_name_in_any_order(order: list[str]) -> None:
    mappings = ColumnMappings({}, {"made": "text"})
    row = {"made": "new", "text": "old"}
    assert mappings.to_pipeline({name: row[name] for name in order}, {}) == {"text": "new"}
