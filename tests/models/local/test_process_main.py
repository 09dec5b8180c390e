"""Protects the main loop of a worker process: which questions reach the engine, and errors."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from distilabel.errors import AnswerError, DistilabelUserError
from distilabel.models.local import messages
from distilabel.models.local.engine import Engine, Question
from distilabel.models.local.process_main import Inbox, describe, serve


class Ended(BaseException):
    """Ends `serve`, which otherwise runs until the process ends."""


class Recorder(Engine):
    """Answers with the questions that it got together; the text `end` ends the loop."""

    METHODS = frozenset({"generate", "encode"})

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(subject="Recorder", note=lambda name, value: None)
        self.inbox = inbox
        self.calls: list[tuple[str, list[Any]]] = []
        self.late: list[Question] = []

    def start(self) -> dict[str, Any]:
        return {}

    def generate(self, questions: list[Question]) -> None:
        payloads = [question.payload for question in questions]
        self.calls.append(("generate", payloads))
        if "end" in payloads:
            raise Ended
        self.inbox.put(self.late)
        self.late = []
        if "fail" in payloads:
            self.more("generate")
            raise RuntimeError("out of memory")
        for question in questions:
            question.answer(question.payload)

    def encode(self, questions: list[Question]) -> None:
        self.calls.append(("encode", [question.payload for question in questions]))
        for question in questions:
            question.answer(question.payload)


class Room:
    """An inbox, and what becomes of its questions."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.found: dict[int, Any] = {}
        self.engine = Recorder(self.inbox)

    def question(self, number: int, payload: Any, method: str = "generate") -> Question:
        return Question(number, method, payload, self.found.__setitem__, self.found.__setitem__)

    def serve(self, *questions: Question) -> None:
        self.inbox.put(list(questions))
        # In a call of its own: the others are answered before.
        threading.Timer(0.05, self.inbox.put, [[self.question(0, "end")]]).start()
        with pytest.raises(Ended):
            serve(self.engine, self.inbox)


def test_questions_that_wait_reach_the_engine_together_by_method() -> None:
    room = Room()
    room.serve(room.question(1, "a"), room.question(2, "b", "encode"), room.question(3, "c"))
    assert room.engine.calls[:2] == [("generate", ["a", "c"]), ("encode", ["b"])]
    assert room.found == {1: "a", 2: "b", 3: "c"}


def test_a_cancelled_question_is_not_computed() -> None:
    room = Room()
    room.inbox.cancel(1)
    room.serve(room.question(1, "a"), room.question(2, "b"))
    assert room.engine.calls[0] == ("generate", ["b"])
    # Its number may not block a later question of the same number.
    assert room.inbox._cancelled == set()


def test_an_engine_that_fails_fails_all_that_it_took() -> None:
    room = Room()
    room.engine.late = [room.question(2, "joined")]
    room.serve(room.question(1, "fail"))
    assert [str(room.found[number]) for number in (1, 2)] == ["out of memory"] * 2


def test_an_engine_takes_only_questions_of_the_method_it_asks_for() -> None:
    room = Room()
    room.inbox.put([room.question(1, "a"), room.question(2, "b", "encode")])
    assert [each.number for each in room.inbox.waiting("generate")] == [1]
    assert [each.number for each in room.inbox.take()] == [2]


def test_an_unknown_method_is_an_error_of_its_questions() -> None:
    room = Room()
    room.serve(room.question(1, "a", "sing"))
    assert "no method 'sing'" in str(room.found[1])


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ImportError("no torch"), messages.IMPORT, "no torch"),
        (DistilabelUserError("no GPU"), messages.USER, "no GPU"),
        (AnswerError("too long"), messages.QUESTION, "too long"),
        (KeyError("seed"), messages.QUESTION, "KeyError: 'seed'"),
    ],
)
def test_an_error_is_described_for_the_parent(error: Exception, kind: str, text: str) -> None:
    assert describe(error)[:2] == (kind, text)


def test_a_long_error_is_cut() -> None:
    _, text, trace = describe(ValueError("x" * 9000))
    assert len(text) < 2100
    assert text.endswith("...")
    assert len(trace) <= 4000
