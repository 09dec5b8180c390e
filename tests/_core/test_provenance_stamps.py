"""Protects what rows carry for their provenance: it is told from a column of the data."""

from __future__ import annotations

from typing import Any

from distilabel._core.provenance_stamps import merged_stamps, stamps_of

OF_A_DATASET: dict[str, Any] = {"distilabel_provenance": {"columns": {"a": "s@1"}, "steps": {}}}


def test_stamps_are_told_from_the_column_of_an_earlier_dataset() -> None:
    row = {"distilabel_provenance": {"write": [{"model": "m"}]}}
    assert stamps_of(row) == {"write": [{"model": "m"}]}
    assert stamps_of(OF_A_DATASET) is None
    assert stamps_of({"distilabel_provenance": "text"}) is None
    assert stamps_of({}) is None


def test_rows_that_become_one_have_the_stamps_of_all() -> None:
    rows = [{"distilabel_provenance": {name: [{"model": name}]}} for name in ("a", "b")]
    assert merged_stamps([*rows, OF_A_DATASET, {}]) == {
        "a": [{"model": "a"}],
        "b": [{"model": "b"}],
    }
