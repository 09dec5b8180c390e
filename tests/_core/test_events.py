"""Every listener hears every event, and one that raises harms nobody."""

from __future__ import annotations

import logging

import pytest

from distilabel._core.events import Bus, Event, RunStopping


def test_a_listener_that_raises_is_told_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
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
