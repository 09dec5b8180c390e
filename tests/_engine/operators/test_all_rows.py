"""A global step sees all rows in order, and what it makes of them goes on bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distilabel._engine.operators.all_rows import AllRows
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk
from distilabel._engine.run_config import RunConfig
from distilabel._engine.run_state import RunState
from distilabel.errors import EndpointError
from distilabel.pipeline import Pipeline
from rooms import Ask, Echo, Fn, FnGlobal, Join, Numbers, rows_of


def test_it_sees_all_rows_at_once_and_its_order_is_kept(tmp_path: Path) -> None:
    sizes = []

    def turned(rows: Any) -> Any:
        sizes.append(len(rows))
        assert [row["n"] for row in rows] == list(range(3000))
        return sorted(rows, key=lambda row: -row["n"])

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3000, batch_size=100) >> FnGlobal(function=turned) >> Fn(input_batch_size=70)
    distiset = pipeline.run()
    assert sizes == [3000]
    assert [row["n"] for row in rows_of(distiset)] == list(range(3000))[::-1]
    assert distiset.report.balanced


def test_it_may_make_fewer_and_other_rows(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=100) >> FnGlobal(function=lambda rows: [{"sum": sum(r["n"] for r in rows)}])
    distiset = pipeline.run()
    assert rows_of(distiset) == [{"sum": 4950}]
    assert distiset.report.balanced


def test_in_the_middle_with_more_rows_than_may_be_on_their_way(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        load = Numbers(count=5000, batch_size=50)
        whole = FnGlobal(name="whole", function=lambda rows: [{"w": r["n"]} for r in rows])
        load >> whole >> Fn(name="after") >> (join := Join())
        load >> Fn(name="beside") >> join
    distiset = pipeline.run()
    assert [(row["n"], row["w"]) for row in rows_of(distiset)] == [(n, n) for n in range(5000)]
    assert distiset.report.balanced


def test_two_in_a_row_after_a_task(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        first = FnGlobal(name="first", function=lambda rows: rows[::2])
        second = FnGlobal(name="second", function=lambda rows: rows[::-1])
        Numbers(count=10) >> Ask(llm=Echo()) >> first >> second
    assert [row["answer"] for row in rows_of(pipeline.run())] == [
        f"{n}/0" for n in range(8, -2, -2)
    ]


def test_its_failure_names_it_and_what_was_asked_is_kept(tmp_path: Path) -> None:
    broken = [True]

    def function(rows: Any) -> Any:
        if broken[0]:
            raise ValueError("too few")
        return rows

    def make() -> tuple[Any, Echo]:
        with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
            llm = Echo()
            Numbers(count=10) >> Ask(llm=llm) >> FnGlobal(name="mean", function=function)
        return pipeline, llm

    pipeline, _ = make()
    with pytest.raises(RuntimeError, match=r"'mean' failed on its 10 rows.*too few.*run again"):
        pipeline.run()
    assert list(tmp_path.rglob("data-*")) == []
    broken[0] = False
    pipeline, llm = make()
    assert len(rows_of(pipeline.run())) == 10
    assert llm.asked == []


def test_without_rows_it_is_not_run(tmp_path: Path) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        none = Fn(function=lambda rows: [])
        Numbers(count=10) >> none >> FnGlobal(function=lambda rows: 1 / 0)
    distiset = pipeline.run()
    assert dict(distiset) == {}
    assert distiset.report.balanced


def test_an_endpoint_that_fails_in_it_is_told_with_its_name(tmp_path: Path) -> None:
    def function(rows: Any) -> Any:
        raise EndpointError("the key is wrong")

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=2) >> FnGlobal(name="whole", function=function)
    with pytest.raises(EndpointError, match=r"^whole: the key is wrong"):
        pipeline.run()


async def test_rows_that_wait_for_the_others_make_room_for_them() -> None:
    """They have left the flow of rows: the source need not wait until nothing else runs."""
    run = RunContext(RunConfig(), RunState(), emit=lambda event: None, store=None, window=8)
    operator = AllRows(FnGlobal(name="whole"), run)
    operator.push(0, RowChunk([(0,), (1,)], [{}, {}], [0, 1]))
    operator.push(0, RowChunk([], [], [2]))
    assert operator.closed == 3
    await run.close()
