"""Protects the column `distilabel_provenance`: it has the same form in every part of a file."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from distilabel._core.arrow import to_table
from distilabel._engine.storage.provenance_column import ProvenanceColumn, StepOrigin

ASKED = [{"model": "m", "prompt": "p", "answer": "a"}]
STEPS = {
    "load": StepOrigin("1", None),
    "left": StepOrigin("2", "m"),
    "right": StepOrigin("3", "n"),
}


def added(makers: dict[str, list[str]], *rows: dict[str, Any]) -> pa.Table:
    return ProvenanceColumn(makers, STEPS).add(to_table(list(rows)))


def test_rows_of_different_branches_name_their_own_step() -> None:
    makers = {"x": ["load"], "y": ["left", "right"]}
    rows = [
        {"x": 1, "y": 1, "z": 1, "distilabel_provenance": {name: ASKED}}
        for name in ("left", "right")
    ]
    table = added(makers, *rows, {"x": 1, "y": None, "z": 1})
    made = table["distilabel_provenance"].to_pylist()
    assert [row["columns"] for row in made] == [
        {"x": "load@1", "y": "left@2", "z": None},
        {"x": "load@1", "y": "right@3", "z": None},
        {"x": "load@1", "y": None, "z": None},
    ]
    assert made[0]["steps"] == {
        "left": {"model": "m", "asked": ASKED},
        "right": {"model": "n", "asked": None},
    }


@pytest.mark.parametrize(
    "carried",
    [
        None,
        # Of an earlier dataset, of a step that is not here, and no stamp at all.
        {"columns": {"x": "old@0"}, "steps": {}},
        {"other": ASKED},
        "text",
    ],
)
def test_parts_have_one_schema_whatever_rows_carry(carried: Any) -> None:
    stamped = added({"x": ["left"]}, {"x": 1, "distilabel_provenance": {"left": ASKED}})
    other = added({"x": ["left"]}, {"x": 1, "distilabel_provenance": carried})
    assert other.schema == stamped.schema
    [row] = other["distilabel_provenance"].to_pylist()
    assert row["columns"] == {"x": "left@2"}
    assert row["steps"]["left"] == {"model": "m", "asked": None}


def test_plain_steps_in_parallel_branches_are_all_named() -> None:
    [row] = added({"x": ["load", "left"]}, {"x": 1})["distilabel_provenance"].to_pylist()
    assert row["columns"] == {"x": "load@1 or left@2"}
