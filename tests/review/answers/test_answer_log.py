"""Answers are only appended: the last one counts, undoing and repeating lose nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.review.answers.answer import Answer
from distilabel.review.answers.answer_log import AnswerLog, EditConflictError, finishes
from distilabel.review.answers.review_file import ReviewFile


@pytest.fixture
def log(tmp_path: Path) -> AnswerLog:
    return AnswerLog(ReviewFile(tmp_path / "review.sqlite"), 1)


def _answer(id: str, value: object, **more: object) -> Answer:
    given = {"uid": "u", "question": "choice", "annotator": "ada", **more}
    return Answer(id, value=value, **given)  # type: ignore[arg-type]


def test_an_answer_that_arrives_twice_is_stored_once(log: AnswerLog) -> None:
    first = log.append([_answer("1", 0)])
    assert log.append([_answer("1", 0)]) == first
    assert len(log.current()) == 1


def test_the_last_answer_counts_and_undoing_appends(log: AnswerLog) -> None:
    log.append([_answer("1", 0), _answer("2", 1), _answer("3", 0, annotator="bob")])
    assert {(a.annotator, a.value) for a in log.current()} == {("ada", 1), ("bob", 0)}
    log.append([_answer("4", None, status="cleared")])
    [ada] = log.current(annotator="ada")
    assert (ada.status, ada.value, finishes(ada)) == ("cleared", None, False)
    assert [a.id for a in log.last("ada", 2)] == ["4", "2"]


def test_questions_candidates_and_sources_are_kept_apart(log: AnswerLog) -> None:
    log.append(
        [
            _answer("1", 4, question="rating", unit="0"),
            _answer("2", 2, question="rating", unit="1"),
            _answer("3", {"order": [1, 0]}, question="choice"),
        ]
    )
    other = AnswerLog(log._file, 2)
    assert other.current() == []
    assert [a.value for a in log.current(question="rating", unit="1")] == [2]
    assert len(log.current(uid="u")) == 3


def test_a_repeated_row_measures_the_person_and_changes_nothing(log: AnswerLog) -> None:
    log.append([_answer("1", 0), _answer("2", 1, strategy="repeat")])
    assert [a.value for a in log.current()] == [0]
    assert [a.value for a in log.repeats()] == [1]


def test_an_edit_of_an_outdated_text_is_refused_with_the_other_one(log: AnswerLog) -> None:
    first = log.append([_answer("1", {"text": "a", "base": None}, question="edit", unit="0")])
    log.append([_answer("2", {"text": "b", "base": first["1"]}, question="edit", unit="0")])
    with pytest.raises(EditConflictError) as caught:
        log.append([_answer("3", {"text": "c", "base": first["1"]}, question="edit", unit="0")])
    assert caught.value.current.value["text"] == "b"
    # Nothing of a refused request is stored, and the same one may arrive again.
    assert log.append([_answer("2", {"text": "b", "base": first["1"]}, question="edit", unit="0")])
    [current] = log.current(question="edit")
    assert current.value["text"] == "b"


def test_a_batch_is_taken_back_where_it_still_counts(log: AnswerLog) -> None:
    batch = [_answer(f"b{i}", 0, uid=f"u{i}", strategy="bulk-1") for i in range(3)]
    log.append([*batch, _answer("own", 1, uid="u1", strategy="random")])
    assert log.clear_batch("bulk-1", "ada") == 2
    assert {a.uid: a.value for a in log.current()} == {"u0": None, "u1": 1, "u2": None}
    assert log.clear_batch("bulk-1", "ada") == 0


@pytest.mark.parametrize(
    ("question", "status", "decides"),
    [
        ("choice", "submitted", True),
        ("choice", "draft", False),
        ("note", "submitted", False),
        ("row", "later", True),
        ("row", "cleared", False),
    ],
)
def test_what_finishes_a_row(question: str, status: str, decides: bool) -> None:
    assert finishes(_answer("1", 0, question=question, status=status)) is decides
