"""Built-ins that look at each row by itself: what they make of a row stays that row's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import ExpandColumns, LoadDataFromDicts
from rooms import Fn, Join, rows_of


def test_rows_made_of_one_row_meet_that_row_again(tmp_path: Path) -> None:
    # Three rows of three: the count alone would not tell that none is made of the second.
    lists: list[list[Any]] = [["a", "b"], [], ["c"], ["d", "e", "f"]]
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = LoadDataFromDicts(data=[{"n": n, "items": items} for n, items in enumerate(lists)])
        beside = Fn(function=lambda rows: [{"m": row["n"]} for row in rows])
        expand = ExpandColumns(name="expand", columns={"items": "item"})
        load >> [expand, beside] >> Join()
    distiset = pipeline.run()
    made = [(row["n"], row["m"], row["item"]) for row in rows_of(distiset)]
    assert made == [(n, n, item) for n, items in enumerate(lists) for item in items]
    counts = distiset.report.steps["expand"]
    assert (counts.given, counts.created, counts.dropped) == (6, 3, 1)
    assert distiset.report.balanced
