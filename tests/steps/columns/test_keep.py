"""`KeepColumns`: only the named columns, in the given order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel.pipeline import Pipeline, routing_batch_function
from distilabel.steps.base import StepInput
from distilabel.steps.columns.keep import KeepColumns
from rooms import Fn, Numbers, rows_of


class Signs(Fn):
    """Writes its sign into its rows."""

    sign: str = ""

    @property
    def outputs(self) -> list[str]:
        return ["by"]

    def process(self, inputs: StepInput) -> Any:
        yield [{**row, "by": self.sign} for row in inputs]


def test_columns_come_in_the_order_they_are_named() -> None:
    rows = next(KeepColumns(columns=["b", "a"]).process([{"a": 1, "b": 2, "c": 3}]))
    assert [list(row.items()) for row in rows] == [[("b", 2), ("a", 1)]]


def test_the_rows_of_all_predecessors_are_kept() -> None:
    lists = list(KeepColumns(columns=["a"]).process([{"a": 1, "x": 0}], [{"a": 2}]))
    assert lists == [[{"a": 1}], [{"a": 2}]]


def test_no_paid_answer_of_two_branches_is_lost(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        a, b = (Signs(name=name, sign=name) for name in "ab")
        Numbers(count=3) >> [a, b] >> KeepColumns(columns=["n", "by"], name="keep") >> Fn()
    distiset = pipeline.run()
    assert [(row["n"], row["by"]) for row in rows_of(distiset)] == [
        (n, name) for n in range(3) for name in "ab"
    ]
    assert distiset.report.steps["keep"].given == 6
    assert distiset.report.balanced


def test_each_row_of_two_branches_may_be_routed_to_one(tmp_path: Path) -> None:
    @routing_batch_function()
    def alternate(steps: list[str]) -> list[str]:
        turns.append(steps[len(turns) % 2])
        return turns[-1:]

    turns: list[str] = []
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        a, b = (Signs(name=name, sign=name, input_batch_size=1) for name in "ab")
        keep = KeepColumns(columns=["n", "by"], input_batch_size=1)
        Numbers(count=4, batch_size=1) >> alternate >> [a, b] >> keep
    assert [row["by"] for row in rows_of(pipeline.run())] == list("abab")


def test_a_branch_without_the_columns_is_told_before_the_run(tmp_path: Path) -> None:
    class Adds(Fn):
        @property
        def outputs(self) -> list[str]:
            return ["n", str(self.name)]

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> [Adds(name="a"), Adds(name="b")] >> KeepColumns(columns=["n", "b"])
    with pytest.raises(ValueError, match=r"those of a have no \['b'\].*put CombineOutputs"):
        pipeline.run()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match=r"keep: a row has no column 'z'"):
        next(KeepColumns(columns=["z"], name="keep").process([{"a": 1}]))
