"""Protects the bus: every listener gets the events it wants, and one that raises harms no other."""

from __future__ import annotations

import logging

import pytest

from distilabel._core.events import (
    Bus,
    Event,
    LimitChanged,
    RowsAccepted,
    RowsReceived,
    RunFinished,
    RunStopping,
)


def test_a_listener_that_raises_receives_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Event] = []
    calls = []

    def broken(event: Event) -> None:
        calls.append(event)
        raise ValueError("no screen")

    bus = Bus([broken, heard.append])
    with caplog.at_level(logging.WARNING):
        bus(RunStopping("one"))
        bus(RunStopping("two"))
    assert heard == [RunStopping("one"), RunStopping("two")]
    assert calls == [RunStopping("one")]
    assert "no screen" in caplog.text


class Choosy:
    wants = (RunStopping, RunFinished)

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.heard.append(event)


def test_a_listener_receives_only_the_types_it_wants() -> None:
    choosy, everything = Choosy(), list[Event]()
    bus = Bus([choosy, everything.append])
    events = [RowsReceived("step", 1), RunStopping("why"), RunFinished(1.0, True)]
    for event in events:
        bus(event)
    assert choosy.heard == events[1:]
    assert everything == events


def test_the_limit_that_applies_is_described() -> None:
    assert LimitChanged("there", 1200).speed == "1,200 in flight"
    assert LimitChanged("there", 8, rate=1234.5).speed == "1,234 requests/s"
    assert LimitChanged("there", 8, rate=0.256).speed == "0.26 requests/s"


def test_there_is_no_rate_of_rows_before_the_first_source_row() -> None:
    assert RowsAccepted("leaf", 10, 0, 0, 0).rate is None
    assert RowsAccepted("leaf", 10, 3, 3, 6).rate == 0.5
