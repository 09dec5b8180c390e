"""`AnswerJoin`: answers reach the rows that people saw, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from distilabel._distiset.argilla.join import AnswerJoin
from distilabel._distiset.argilla.reader import AnswerReader
from distilabel._distiset.argilla.records import record_id
from distilabel._distiset.argilla.server import ArgillaServer
from distilabel.errors import DistilabelUserError
from fake_argilla import FakeArgilla, FakeDataset, Property, RatingQuestion, Record, Settings

FIELDS = ["id", "instruction", "generations-0", "generations-1"]
ROWS = [{"instruction": f"i{i}", "generations": ["a", "b"], "ratings": [1, 2]} for i in range(3)]


@pytest.fixture
def dataset(server: FakeArgilla) -> FakeDataset:
    questions = [RatingQuestion("generations-0-rating", values=[1, 2, 3, 4, 5])]
    made = FakeDataset(server, "d", Settings(fields=[], questions=questions))
    for i in range(3):
        fields = {"id": "x", "instruction": f"i{i}", "generations-0": "a", "generations-1": "b"}
        made.kept[record_id(fields)] = Record(id=record_id(fields), fields=fields)
    made.create()
    return made


def _join(dataset: FakeDataset, fields: list[str] = FIELDS, **given: Any) -> AnswerJoin:
    resolve = given.pop("resolve", "median")
    reader = AnswerReader(ArgillaServer("s"), dataset, ["submitted"], False, resolve, False)
    return AnswerJoin(reader, fields, resolve, given.pop("ratings", False))


def test_rows_are_joined_by_their_texts_in_any_order(dataset: FakeDataset) -> None:
    dataset.answer(list(dataset.kept)[1], "u1", {"generations-0-rating": 5})
    rows = Dataset.from_list(ROWS[::-1])
    join = _join(dataset)
    joined = join.apply({"default": DatasetDict({"train": rows}), "flat": rows})
    for split in (joined["default"]["train"], joined["flat"]):
        assert split["human_count"][:] == [0, 1, 0]
        assert split["human_ratings"][:] == [[None, None], [5.0, None], [None, None]]
        assert split["instruction"][:] == ["i2", "i1", "i0"]
    assert join.stale() == []
    again = _join(dataset).apply(joined)
    assert again["flat"].column_names == joined["flat"].column_names


def test_records_that_match_no_row_are_listed_and_not_applied(dataset: FakeDataset) -> None:
    gone, changed, kept = dataset.kept
    dataset.kept[changed].fields["generations-0"] = "other"
    for name in (gone, changed, kept):
        dataset.answer(name, "u1", {"generations-0-rating": 5})
    join = _join(dataset)
    changed_row = {**ROWS[1], "generations": ["other", "b"]}
    rows = Dataset.from_list([ROWS[1], changed_row, ROWS[2]])
    assert join.apply({"default": rows})["default"]["human_count"][:] == [0, 0, 1]
    assert [record["record_id"] for record in join.stale()] == [gone, changed]
    assert join.stale()[0]["human_answers"][0]["annotator"] == "ann"


def test_records_of_1_5_3_are_joined_by_their_texts(dataset: FakeDataset) -> None:
    old = {f"uuid-{i}": record for i, record in enumerate(dataset.kept.values())}
    # Logged twice, they were doubled; two people answered one of the two each.
    dataset.kept = {**old, "uuid-3": old["uuid-0"]}
    dataset.answer("uuid-0", "u1", {"generations-0-rating": 1})
    dataset.answer("uuid-3", "u2", {"generations-0-rating": 3})
    join = _join(dataset)
    rows = join.apply({"default": Dataset.from_list(ROWS)})["default"]
    assert rows["human_ratings"][0] == [2.0, None]
    assert rows["human_count"][:] == [2, 0, 0]


def test_a_list_of_generations_gets_a_rating_for_each_text(dataset: FakeDataset) -> None:
    dataset.settings.questions[0].name = "quality"
    dataset.settings.questions[0].labels = ["bad", "good"]
    dataset.kept = {}
    for text, label in (("a", "good"), ("b", "bad")):
        fields = {"id": "x", "instruction": "i", "generation": text}
        dataset.kept[text] = Record(id=text, fields=fields)
        dataset.answer(text, "u1", {"quality": label})
    rows = Dataset.from_list([{"instruction": "i", "generation": ["b", "a", "b"]}])
    join = _join(dataset, ["id", "instruction", "generation"])
    assert join.apply({"d": rows})["d"]["human_ratings"][:] == [["bad", "good", None]]


def test_people_count_more_than_the_judge(dataset: FakeDataset) -> None:
    dataset.answer(next(iter(dataset.kept)), "u1", {"generations-0-rating": 5})
    rows = _join(dataset, ratings=True).apply({"d": Dataset.from_list(ROWS)})["d"]
    assert rows["ratings"][:] == [[5, 2], [1, 2], [1, 2]]
    assert rows["judge_ratings"][:] == [[1, 2]] * 3


def test_all_answers_are_kept_if_asked(dataset: FakeDataset) -> None:
    for user in ("u1", "u2"):
        dataset.answer(next(iter(dataset.kept)), user, {"generations-0-rating": 5})
    rows = _join(dataset, resolve="none").apply({"d": Dataset.from_list(ROWS)})["d"]
    assert rows["human_ratings"][:2] == [[[5.0, 5.0], []], [[], []]]


def test_a_configuration_without_the_columns_stays(dataset: FakeDataset) -> None:
    dataset.settings.fields = [Property(name) for name in FIELDS]
    other = Dataset.from_list([{"instruction": "i"}])
    join = _join(dataset)
    assert list(join.apply({"other": other, "d": Dataset.from_list(ROWS)})) == ["d"]
    with pytest.raises(DistilabelUserError, match=r"'other' has no \['generations'\]"):
        join.apply({"other": other})
