"""Protects the process of an engine as its parent sees it: messages, printed lines, its end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from distilabel.models.local import messages
from distilabel.models.local.process import EngineProcess

FACTORY = "models.local.fake_engine:FakeEngine"


class Watched:
    """A process, and what it reports."""

    def __init__(self, **settings: Any) -> None:
        self.messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.lines: list[str] = []
        self.ended = threading.Event()
        self.process = EngineProcess(
            {"DISTILABEL_TEST": "1"},
            lambda process, message: self.messages.put(message),
            lambda process: self.ended.set(),
            self.lines.append,
        )
        self.process.send(messages.START, FACTORY, settings, "Fake(tiny)")


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    made = Watched()
    yield made
    made.process.end()


def test_it_starts_and_answers(watched: Watched) -> None:
    kind, facts = watched.messages.get(timeout=60)
    assert (kind, facts["pid"]) == (messages.STARTED, watched.process.pid)
    watched.process.send(messages.ASK, [(5, "generate", "a"), (6, "generate", "b")])
    assert watched.messages.get(timeout=60) == (messages.ANSWER, 5, "a 2")
    assert watched.messages.get(timeout=60) == (messages.ANSWER, 6, "b 2")


def test_its_end_is_reported_once_with_what_it_printed() -> None:
    watched = Watched(fault="exit")
    assert watched.ended.wait(60)
    assert watched.process.how_it_ended() == "exited with status 3"
    assert "no more memory" in watched.process.last_lines()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (-9, r"was killed (signal 9), probably out of memory"),
        (-11, "crashed with a segmentation fault (signal 11)"),
        (-15, "was killed by signal 15"),
        (1, "exited with status 1"),
    ],
)
def test_how_it_ended_is_told_in_words(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, status: int, text: str
) -> None:
    monkeypatch.setattr(watched.process._process, "wait", lambda: status)
    assert watched.process.how_it_ended() == text


def test_a_killed_process_is_gone() -> None:
    watched = Watched()
    watched.messages.get(timeout=60)
    watched.process.end()
    assert watched.ended.is_set()
    assert watched.process.how_it_ended().startswith("was killed (signal 9)")
