"""Protects the end of a branch: no finished row is lost, and a slow disk holds up the sources."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from distilabel._core.events import RowsAccepted
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.operators.sink import Sink
from distilabel._engine.rows.limit import RowLimit
from distilabel._engine.rows.rows import RowChunk
from distilabel._engine.run_config import RunConfig
from distilabel._engine.run_state import RunState
from distilabel._engine.storage import parquet_writer


@pytest.fixture
def events() -> list[Any]:
    return []


@pytest.fixture
def make(tmp_path: Path, events: list[Any]) -> Any:
    def sink(limit: RowLimit | None = None) -> Sink:
        run = RunContext(RunConfig(), RunState(), emit=events.append, store=None, window=8)
        run.open_sinks = 1
        return Sink("leaf", tmp_path / "leaf", run, limit)

    return sink


def chunk(*numbers: int) -> RowChunk:
    return RowChunk([(n,) for n in numbers], [{"n": n} for n in numbers], list(numbers))


def written(sink: Sink, folder: Path) -> list[int]:
    sink.output.finish()
    files = sorted((folder / "leaf").glob("*.parquet"))
    return [row["n"] for file in files for row in pq.read_table(file).to_pylist()]


async def test_rows_are_written_in_order_whatever_came_first(make: Any, tmp_path: Path) -> None:
    sink = make()
    for some in ((2, 3), (0,), (1,)):
        sink.push(0, chunk(*some))
    assert (sink.closed, sink.context.stopping) == (4, False)
    sink.all_ports_ended()
    assert sink.context.stopping
    assert written(sink, tmp_path) == [0, 1, 2, 3]
    await sink.context.close()


async def test_a_target_that_is_met_ends_the_run_and_later_rows_are_left_out(
    make: Any, tmp_path: Path, events: list[Any]
) -> None:
    sink = make(RowLimit(3, window=8))
    sink.push(0, chunk(1, 2, 3))
    assert not sink.context.stopping
    sink.push(0, chunk(0))
    assert sink.context.stopping
    sink.push(0, chunk(4))
    sink.all_ports_ended()
    sink.report_target()
    assert written(sink, tmp_path) == [0, 1, 2]
    assert events == [RowsAccepted("leaf", 3, 3, 4, 4)]
    await sink.context.close()


async def test_an_interrupted_run_with_a_target_keeps_rows_behind_an_unfinished_one(
    make: Any, tmp_path: Path, events: list[Any]
) -> None:
    sink = make(RowLimit(10, window=8))
    sink.push(0, chunk(0))
    # Row 1 is never finished.
    sink.push(0, chunk(3, 2))
    sink.report_target()
    assert written(sink, tmp_path) == [0, 2, 3]
    assert events == [RowsAccepted("leaf", 10, 3, 3, 3)]
    await sink.context.close()


async def test_a_generator_that_ends_before_the_target_leaves_all_rows_and_a_warning(
    make: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = make(RowLimit(10, window=8))
    sink.push(0, RowChunk([(1,)], [{"n": 1}], []))
    sink.all_ports_ended()
    with caplog.at_level(logging.WARNING):
        sink.report_target()
    assert written(sink, tmp_path) == [1]
    assert "leaf has 1 of the 10 target rows" in caplog.text
    await sink.context.close()


async def test_a_filter_that_leaves_nothing_is_told_once(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    sink = make(RowLimit(10, window=8))
    with caplog.at_level(logging.WARNING):
        for start in range(0, 3000, 500):
            sink.push(0, RowChunk([], [], range(start, start + 500)))
    assert [record.message[:33] for record in caplog.records] == [
        "leaf has none of the 10 target row"[:33]
    ]
    await sink.context.close()


async def test_source_rows_are_closed_once_the_disk_has_caught_up(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the sources wait: memory stays bounded, however slow the disk is."""
    monkeypatch.setattr(parquet_writer, "_PART_ROWS", 2)
    write, go_on = parquet_writer._write, threading.Event()

    def slow(*arguments: Any) -> None:
        go_on.wait(10)
        write(*arguments)

    monkeypatch.setattr(parquet_writer, "_write", slow)
    sink = make()
    sink.push(0, chunk(0, 1))
    # Until the writing thread has the part.
    await asyncio.sleep(0)
    assert not sink.output.is_full
    sink.push(0, chunk(2, 3))
    sink.push(0, chunk(4))
    assert sink.closed == 2
    sink.all_ports_ended()
    # The run does not end before the rows are written.
    assert not sink.context.stopping
    go_on.set()
    await asyncio.wait_for(sink.context.wait_until_draining(), 10)
    assert sink.closed == 5
    assert written(sink, tmp_path) == [0, 1, 2, 3, 4]
    await sink.context.close()
