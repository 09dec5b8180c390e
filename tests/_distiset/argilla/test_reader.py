"""`AnswerReader`: which records and answers it reads."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel._distiset.argilla.reader import AnswerReader
from distilabel._distiset.argilla.server import ArgillaServer
from distilabel.errors import DistilabelUserError
from fake_argilla import FakeArgilla, FakeDataset, LabelQuestion, Record, Settings


@pytest.fixture
def dataset(server: FakeArgilla) -> FakeDataset:
    questions = [LabelQuestion("quality", labels=["bad", "good"])]
    made = FakeDataset(server, "d", Settings(fields=[], questions=questions))
    made.kept = {name: Record(id=name, fields={"text": name}) for name in "abc"}
    made.create()
    return made


def _reader(dataset: FakeDataset, **given: Any) -> AnswerReader:
    options: dict[str, Any] = {
        "status": ["submitted"],
        "only_completed": False,
        "resolve": "median",
        "label_numbers": False,
        **given,
    }
    return AnswerReader(ArgillaServer("s"), dataset, **options)


def test_records_without_wanted_answers_are_left_out(dataset: FakeDataset) -> None:
    dataset.answer("a", "u1", {"quality": "good"})
    dataset.answer("b", "u1", {"quality": "good"}, "draft")
    assert [r["external_id"] for r in _reader(dataset).records()] == ["a"]
    drafts = _reader(dataset, status=["submitted", "draft"])
    assert [r["external_id"] for r in drafts.records()] == ["a", "b"]
    dataset.completed = {"b"}
    done = _reader(dataset, status=["submitted", "draft"], only_completed=True)
    assert [r["external_id"] for r in done.records()] == ["b"]


@pytest.mark.parametrize(("label_numbers", "rating"), [(False, "good"), (True, 1.0)])
def test_labels_are_words_or_numbers(
    dataset: FakeDataset, label_numbers: bool, rating: Any
) -> None:
    dataset.answer("a", "u1", {"quality": "good"})
    reader = _reader(dataset, label_numbers=label_numbers)
    (record,) = reader.records()
    columns = reader.columns(reader.answers(record), 1)
    assert columns["human_ratings"] == [rating]
    assert reader.has_words is not label_numbers


@pytest.mark.parametrize("status", ["submitted", ["done"]])
def test_unknown_statuses_are_refused(dataset: FakeDataset, status: Any) -> None:
    with pytest.raises(DistilabelUserError, match=r"`status` has .* Pass a list of: 'submitted'"):
        _reader(dataset, status=status)
