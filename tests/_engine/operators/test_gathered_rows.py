"""Protects rows that are done together: they go on as one chunk, counted once, and none is lost."""

from __future__ import annotations

import asyncio
from typing import Any

from distilabel._engine.operators.gathered_rows import GatheredRows
from distilabel._engine.rows.rows import RowChunk


class Sender:
    """Takes the place of an operator."""

    name = "write"

    def __init__(self) -> None:
        self.router: Any = None
        self.sent: list[tuple[Any, ...]] = []
        self.finished = 0
        self.context = self
        self.tasks: list[asyncio.Task[None]] = []

    def gather(self, coroutine: Any, step: str) -> None:
        self.tasks.append(asyncio.create_task(coroutine, name=step))

    def send_processed(self, *args: Any, **counts: int) -> None:
        self.sent.append((*args, counts))

    def finish_if_done(self) -> None:
        self.finished += 1


def row(number: int, *, closes: bool = True) -> RowChunk:
    return RowChunk([(number,)], [{"n": number}], (number,) if closes else ())


async def test_rows_of_one_turn_are_one_chunk() -> None:
    sender: Any = Sender()
    rows = GatheredRows(sender, sender.finish_if_done)
    rows.add(row(3), 1)
    rows.add(RowChunk([], [], (1,)), 0)
    rows.add(RowChunk([(2, 0)], [{"n": 2}], ()), 2, failed=1, ended=1)
    rows.add(row(5), 1, failed=1, skipped=1)
    assert not rows.is_empty
    assert sender.sent == []
    await asyncio.gather(*sender.tasks)
    chunk = RowChunk([(3,), (2, 0), (5,)], [{"n": 3}, {"n": 2}, {"n": 5}], [3, 1, 5])
    # Received, made, dropped, failed.
    assert sender.sent == [(chunk, 4, 4, 1, 2, {"skipped": 1, "ended": 1})]
    assert rows.is_empty
    assert (len(sender.tasks), sender.finished) == (1, 1)
    rows.add(row(6), 1)
    await asyncio.gather(*sender.tasks)
    assert len(sender.sent) == 2


async def test_rows_that_are_routed_go_one_by_one() -> None:
    """A rerun looks routes up by chunk, and other rows are done together then."""
    sender: Any = Sender()
    sender.router = object()
    rows = GatheredRows(sender, sender.finish_if_done)
    for number in range(3):
        rows.add(row(number), 1)
    assert [len(sent[0].rows) for sent in sender.sent] == [1, 1, 1]
    assert sender.tasks == []
