"""Protects observers in the background: all events in order, and no error reaches the run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from distilabel._core.events import Event, RunStopping
from distilabel.pipeline.observers import background
from distilabel.pipeline.observers.background import BackgroundObserver, Moment


class Recorder:
    """Remembers blocks, and what happened in which thread."""

    def __init__(self) -> None:
        self.blocks: list[list[Event]] = []
        self.lost = 0
        self.threads = set[threading.Thread]()
        self.closed = False
        self.error: Exception | None = None

    def take(self, moments: list[Moment], lost: int) -> None:
        self.threads.add(threading.current_thread())
        if self.error is not None:
            raise self.error
        self.blocks.append([event for _, event in moments])
        self.lost += lost

    @contextmanager
    def open(self) -> Iterator[Recorder]:
        self.threads.add(threading.current_thread())
        yield self
        self.closed = True


def events(count: int) -> list[Event]:
    return [RunStopping(str(number)) for number in range(count)]


def test_all_events_arrive_in_order_in_blocks_and_another_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_BLOCK", 4)
    monkeypatch.setattr(background, "_INTERVAL_SECONDS", 60)
    recorder = Recorder()
    listener = BackgroundObserver(recorder.open(), "events", 10)
    for event in events(10):
        listener(event)
    listener.close()
    assert [event for block in recorder.blocks for event in block] == events(10)
    assert [len(block) for block in recorder.blocks] == [4, 4, 2]
    assert recorder.closed
    assert len(recorder.threads) == 1
    assert threading.current_thread() not in recorder.threads


def test_events_beyond_the_queue_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_MAX_WAITING", 3)
    monkeypatch.setattr(background, "_INTERVAL_SECONDS", 60)
    recorder = Recorder()
    listener = BackgroundObserver(recorder.open(), "events", 10)
    for event in events(5):
        listener(event)
    listener.close()
    assert recorder.lost == 2


def test_an_observer_that_raises_is_dropped_with_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "_INTERVAL_SECONDS", 0.01)
    recorder = Recorder()
    recorder.error = OSError("disk full")
    listener = BackgroundObserver(recorder.open(), "events", 10)
    for event in events(5):
        listener(event)
    listener.close()
    assert caplog.text.count("No more events of this run are written: OSError: disk full") == 1
    assert recorder.blocks == []


def test_an_observer_that_hangs_does_not_hang_the_end_of_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "_INTERVAL_SECONDS", 0.01)
    released = threading.Event()

    class Hanging(Recorder):
        def take(self, moments: list[Moment], lost: int) -> None:
            released.wait(60)

    listener = BackgroundObserver(Hanging().open(), "events", 0.1)
    listener(RunStopping("why"))
    listener.close()
    assert not released.is_set()
    released.set()
