"""`RecordLogger`: a bad record or suggestion costs only itself."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from distilabel._distiset.argilla.server import ArgillaServer
from distilabel.errors import DistilabelUserError
from distilabel.steps.argilla import log_records
from distilabel.steps.argilla.log_records import RecordLogger
from fake_argilla import (
    KEY,
    FakeArgilla,
    FakeDataset,
    LabelQuestion,
    Property,
    RatingQuestion,
    Record,
    Settings,
    Suggestion,
    TextQuestion,
)


@pytest.fixture
def dataset(server: FakeArgilla) -> FakeDataset:
    questions = [
        RatingQuestion("rating", values=[1, 2, 3, 4, 5]),
        LabelQuestion("label", labels=["a", "b"]),
        TextQuestion("why"),
        Property("other"),
    ]
    made = FakeDataset(server, "d", Settings(fields=[], questions=questions))
    made.create()
    return made


@pytest.fixture
def logger(dataset: FakeDataset) -> RecordLogger:
    return RecordLogger("show", ArgillaServer("step 'show'"), dataset)


def _records(texts: str) -> list[Any]:
    return [Record(id=text, fields={"id": "x", "text": text}) for text in texts]


def test_a_refused_record_is_named_and_all_others_are_stored(
    server: FakeArgilla,
    dataset: FakeDataset,
    logger: RecordLogger,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.refuses = "c"
    with caplog.at_level(logging.WARNING):
        logger.log(_records("abcdefg"))
    assert list(dataset.kept) == list("abdefg")
    (message,) = caplog.messages
    assert "did not take the record of {'text': 'c'}: HTTPError: 422" in message


def test_if_all_are_refused_the_step_fails(server: FakeArgilla, logger: RecordLogger) -> None:
    server.refuses = "c"
    with pytest.raises(DistilabelUserError, match=r"take any of 2 records, such as {'text': 'c'}"):
        logger.log(_records("cc"))


def test_a_server_that_fails_is_asked_again(
    server: FakeArgilla,
    dataset: FakeDataset,
    logger: RecordLogger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_records, "_PAUSES", (0.0, 0.0))
    server.failures = 2
    logger.log(_records("ab"))
    assert list(dataset.kept) == ["a", "b"]
    server.failures = 3
    with pytest.raises(
        DistilabelUserError, match="did not log 1 records: HTTPError: 500"
    ) as raised:
        logger.log(_records("c"))
    assert KEY not in str(raised.value)


def test_a_request_has_at_most_fifty_records(server: FakeArgilla, logger: RecordLogger) -> None:
    logger.log([Record(id=str(i), fields={"text": str(i)}) for i in range(120)])
    assert server.upserts == [50, 50, 20]


@pytest.mark.parametrize(
    ("question", "value", "fits"),
    [
        ("rating", 5, True),
        ("rating", 6, False),
        ("rating", 2.5, False),
        ("rating", "3", False),
        ("rating", True, False),
        ("label", "a", True),
        ("label", "c", False),
        ("why", "because", True),
        ("why", "", False),
        ("other", [1], True),
        ("unknown", 1, False),
    ],
)
def test_suggestions_are_checked_before_they_are_sent(
    logger: RecordLogger, question: str, value: Any, fits: bool
) -> None:
    suggestion = Suggestion(question, value)
    assert logger.valid([suggestion]) == ([suggestion] if fits else [])


def test_suggestions_that_are_left_out_are_said_once(
    logger: RecordLogger, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        logger.valid([Suggestion("rating", 6)] * 3)
    (message,) = caplog.messages
    assert "the suggestion 6 does not fit the question 'rating'" in message


def test_vectors_are_added_once(dataset: FakeDataset, logger: RecordLogger) -> None:
    logger.add_vectors("embedding", 3)
    logger.add_vectors("embedding", 3)
    assert [(vector.name, vector.dimensions) for vector in dataset.settings.vectors] == [
        ("embedding", 3)
    ]
