"""Protects the pilot: its rows come from all over the source, and usage is assigned to rows."""

from __future__ import annotations

import pytest

from distilabel._core.events import ResponseReceived, RowsProcessed, UnusableResponse
from distilabel._core.row_context import current_row
from distilabel._engine.estimation.pilot import Pilot, pick_rows
from distilabel.models.accounting.prices import Usage


@pytest.mark.parametrize(("sample", "rows"), [(2, 3), (7, 100), (20, 1000), (20, 10**9)])
def test_rows_are_picked_from_every_part_and_always_the_same(sample: int, rows: int) -> None:
    chosen = pick_rows(sample, rows)
    assert chosen == pick_rows(sample, rows) == tuple(sorted(set(chosen)))
    assert len(chosen) == sample
    read = min(rows, 20_000)
    for part, ordinal in enumerate(chosen):
        assert part * read // sample <= ordinal < (part + 1) * read // sample


def test_a_sample_of_all_rows_is_all_rows() -> None:
    assert pick_rows(20, 5) == (0, 1, 2, 3, 4)


def test_usage_is_recorded_for_the_row_that_caused_it() -> None:
    def price(usage: Usage) -> float:
        return usage.input_tokens / 10

    pilot = Pilot({"one": price}, lambda name: [])
    for row in (0, 1, 0):
        before = current_row.set((row,))
        pilot(ResponseReceived("one", "m", 5, 7, 0.5, False, 2.0))
        current_row.reset(before)
    # Stored answers cost nothing now, but the forecast is for a run that requests them.
    pilot(ResponseReceived("one", "m", 10, 7, 0.0, True))
    pilot(UnusableResponse("one", "m", 1, 0, 0, 0.5, lost=False))
    pilot(UnusableResponse("one", "m", 0, 0, 0, 9.0, lost=True))
    seen = pilot.steps["one"]
    assert {row: took.cost for row, took in seen.by_row.items()} == {0: 4.0, 1: 2.0}
    assert sum(took.calls for took in seen.per_row(2)) == 4
    assert sum(took.cost for took in seen.per_row(2)) == 6.0 + 1.0 + 0.5
    assert seen.latencies == [0.5] * 3
    assert not seen.unpriced


def test_an_unknown_price_is_recorded() -> None:
    pilot = Pilot({"one": lambda usage: None}, lambda name: [])
    pilot(ResponseReceived("one", "m", 5, 7, 0.5, False, None))
    assert pilot.steps["one"].unpriced


def test_usage_of_rows_of_unknown_origin_is_not_assigned_to_one_row() -> None:
    pilot = Pilot({"ask": lambda usage: 1.0}, lambda name: ["ask"])
    pilot(RowsProcessed("filter", taken=10, given=7, dropped=9, created=6))
    before = current_row.set((0,))
    for _ in range(7):
        pilot(ResponseReceived("ask", "m", 5, 7, 0.5, False, 1.0))
    current_row.reset(before)
    per_row = [took.calls for took in pilot.steps["ask"].per_row(10)]
    assert sum(per_row) == 7
    assert max(per_row) < 5


def test_one_request_for_each_row_is_distributed_evenly() -> None:
    pilot = Pilot({"ask": lambda usage: 1.0}, lambda name: [])
    for _ in range(20):
        pilot(ResponseReceived("ask", "m", 5, 7, 0.5, False, 1.0))
    assert [took.calls for took in pilot.steps["ask"].per_row(10)] == [2] * 10
