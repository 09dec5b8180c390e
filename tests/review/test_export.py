"""People's answers become columns of the rows they are about, in whatever order these come."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict

from distilabel.distiset import Distiset
from distilabel.errors import DistilabelUserError
from distilabel.review.export import export_file
from distilabel.steps import FormatTextGenerationDPO
from reviewing import Desk, in_memory, preference_rows, write_parts

ROWS = preference_rows(12)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A review of three rows: a choice, ratings, and a flagged tie by two people."""
    path = tmp_path / "review.sqlite"
    desk = Desk(path, in_memory(ROWS))
    ids = desk.ids.bind(dict(enumerate(ROWS)))
    desk.answer(ids[2], 1)
    desk.answer(ids[5], 5, question="rating", unit="0")
    desk.answer(ids[5], 2, question="rating", unit="1")
    desk.answer(ids[7], -1)
    desk.answer(ids[7], -1, "bob")
    desk.answer(ids[7], True, question="flag")
    desk.answer(ids[9], 0, status="draft")
    desk.file.close()
    return path


def test_only_reviewed_rows_are_written_with_the_columns(tmp_path: Path, file: Path) -> None:
    data = write_parts(tmp_path / "data", ROWS[::-1])
    output = tmp_path / "out.parquet"
    assert export_file(data, file, output) == 3
    rows = {row["id"]: row for row in pq.read_table(output).to_pylist()}
    assert sorted(rows) == [2, 5, 7]
    assert rows[2]["human_choice"] == 1
    assert rows[5]["human_ratings"] == [5.0, 2.0]
    assert (rows[7]["human_choice"], rows[7]["human_count"]) == (-1, 2)
    assert rows[7]["human_flags"] == [True, True]
    assert output.stat().st_mode & 0o077 == 0
    assert export_file(data, file, output, drop_flagged=True) == 2
    assert export_file(data, file, tmp_path / "all.jsonl", reviewed_only=False) == 12


def test_a_distiset_gets_the_columns_and_pairs_are_made_of_peoples_answers(file: Path) -> None:
    dataset = Dataset.from_list(ROWS).shuffle(seed=3)
    distiset = Distiset({"default": DatasetDict({"train": dataset})})
    distiset.report = "kept"
    reviewed = distiset.with_review(file, into_ratings=True, reviewed_only=True)
    assert reviewed.report == "kept"
    assert "human_ratings" not in distiset["default"]["train"].column_names
    rows = list(reviewed["default"]["train"])
    formatter = FormatTextGenerationDPO()
    formatter.load()
    [pairs] = [list(batch) for batch in formatter.process(rows)]
    by_id = {row["id"]: row for row in pairs}
    assert by_id[2]["chosen"][-1]["content"] == ROWS[2]["generations"][1]
    assert by_id[5]["chosen"][-1]["content"] == ROWS[5]["generations"][0]
    assert by_id[5]["chosen_rating"] == 5.0


def test_all_rows_stay_unless_asked(file: Path) -> None:
    distiset = Distiset({"default": Dataset.from_list(ROWS)})
    reviewed = distiset.with_review(file)["default"]
    assert len(reviewed) == 12
    assert reviewed[0]["human_choice"] is None
    assert reviewed[2]["human_choice"] == 1


def test_a_changed_text_has_no_answers(file: Path) -> None:
    changed = [{**row, "generations": ["new", "texts"]} if row["id"] == 2 else row for row in ROWS]
    reviewed = Distiset({"default": Dataset.from_list(changed)}).with_review(file)["default"]
    assert reviewed[2]["human_choice"] is None
    assert reviewed[5]["human_ratings"] == [5.0, 2.0]


def test_errors(tmp_path: Path, file: Path) -> None:
    distiset = Distiset({"default": Dataset.from_list(ROWS)})
    with pytest.raises(DistilabelUserError, match="does not exist"):
        distiset.with_review(tmp_path / "none.sqlite")
    with pytest.raises(DistilabelUserError, match="resolve='best'"):
        distiset.with_review(file, resolve="best")
    other = Distiset({"default": Dataset.from_list([{"x": 1}])})
    with pytest.raises(DistilabelUserError, match="the column 'instruction' is missing"):
        other.with_review(file)
