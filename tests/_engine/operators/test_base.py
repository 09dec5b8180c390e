"""Every row that an operator processes is counted once, and no count is negative."""

from __future__ import annotations

import itertools
from typing import Any

from distilabel._core.events import RowsProcessed
from distilabel._engine.operators.base import Operator
from distilabel._engine.operators.run_context import RunContext
from distilabel._engine.rows.rows import RowChunk
from distilabel._engine.run_config import RunConfig
from distilabel._engine.run_state import RunState


class Plain(Operator):
    def push(self, port: int, chunk: RowChunk) -> None: ...

    def all_ports_ended(self) -> None: ...


class Nowhere:
    """Routes every chunk to no step."""

    def choose(self, chunk: RowChunk) -> list[str]:
        return []


def plain(events: list[Any]) -> Operator:
    context = RunContext(RunConfig(), RunState(), emit=events.append, store=None, window=8)
    return Plain("plain", context)


async def test_rows_that_are_routed_nowhere_are_dropped_or_ended_and_balance() -> None:
    events: list[RowsProcessed] = []
    operator = plain(events)
    for received, made, failed, ended in itertools.product(range(4), repeat=4):
        if not ended <= failed <= made or (made and not received):
            continue
        going = made - ended
        for nowhere in range(going + 1):
            events.clear()
            dropped = 0 if made >= received else received - made
            operator.report_processed(received, made, dropped, failed, ended=ended, nowhere=nowhere)
            (e,) = events
            assert min(e.given, e.dropped, e.created, e.failed, e.ended) >= 0
            assert e.taken + e.created == e.given + e.dropped + e.failed
            assert e.given + e.failed - e.ended == going - nowhere


async def test_a_chunk_that_is_routed_nowhere_is_reported_once() -> None:
    events: list[RowsProcessed] = []
    operator = plain(events)
    operator.router = Nowhere()  # type: ignore[assignment]
    chunk = RowChunk([(0,), (1,), (2,)], [{}, {}, {}], range(3))
    operator.send_processed(chunk, 3, 3, 0, 1)
    assert events == [RowsProcessed("plain", 3, 0, 2, 0, 1, 0, 1)]
