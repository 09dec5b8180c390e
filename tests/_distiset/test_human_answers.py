"""`Distiset.with_argilla`."""

from __future__ import annotations

import logging

import pytest
from datasets import Dataset

from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError
from distilabel.steps import PreferenceToArgilla
from fake_argilla import FakeArgilla, install

ROWS = [{"instruction": f"i{i}", "generations": ["a", "b"]} for i in range(3)]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeArgilla:
    server = install(monkeypatch)
    step = PreferenceToArgilla(
        name="show", num_generations=2, dataset_name="d", shuffle_generations=True
    )
    step.load()
    next(step.process([dict(row) for row in ROWS]))
    return server


def test_a_copy_has_the_answers(server: FakeArgilla) -> None:
    dataset = server.datasets["d"]
    ratings = {f"generations-{i}-rating": i + 1 for i in range(2)}
    for name in dataset.kept:
        dataset.answer(name, "u1", ratings)
    distiset = Distiset({"default": Dataset.from_list(ROWS)})
    distiset.citations = ["cited"]
    answered = distiset.with_argilla("d", "argilla")
    assert type(answered) is Distiset
    assert (answered.citations, answered.stale_answers) == (["cited"], [])
    assert "human_count" not in distiset["default"].column_names
    for record, human in zip(
        dataset.kept.values(), answered["default"]["human_ratings"], strict=True
    ):
        shown = [record.fields[f"generations-{i}"] for i in range(2)]
        assert human == [shown.index("a") + 1, shown.index("b") + 1]


def test_stale_answers_are_said(server: FakeArgilla, caplog: pytest.LogCaptureFixture) -> None:
    dataset = server.datasets["d"]
    dataset.answer(list(dataset.kept)[2], "u1", {"generations-0-rating": 1})
    with caplog.at_level(logging.WARNING):
        answered = Distiset({"default": Dataset.from_list(ROWS[:2])}).with_argilla("d")
    assert len(answered.stale_answers) == 1
    assert "about 1 record in Argilla" in caplog.text
    assert "'instruction': 'i2'" in caplog.text


def test_a_missing_dataset_is_named(server: FakeArgilla) -> None:
    distiset = Distiset({"default": Dataset.from_list(ROWS)})
    with pytest.raises(DistilabelUserError, match="with_argilla: no dataset 'gone'"):
        distiset.with_argilla("gone")
