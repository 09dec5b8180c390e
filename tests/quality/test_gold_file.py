"""Protects the reading of gold labels from files, the Hub and the columns of reviews."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.gold_file import read_gold
from quality.gold_rows import pair_records


def test_files_of_both_formats_have_the_same_labels(tmp_path: Path) -> None:
    records = pair_records(4)
    for each in records:
        each["label"] = str(each["label"])
    lines = tmp_path / "gold.jsonl"
    lines.write_text("\n\n".join(map(json.dumps, records)))
    (tmp_path / "parts").mkdir()
    for name in ("gold.parquet", "parts/1.parquet"):
        pq.write_table(pa.Table.from_pylist(records), tmp_path / name)
    golds = [read_gold(tmp_path / n) for n in ("gold.jsonl", "gold.parquet", "parts")]
    assert len({gold.digest for gold in golds}) == 1
    assert golds[0].digest == read_gold(records).digest


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gold.jsonl", "\n[1]\n", "line 2 is not a JSON object"),
        ("gold.jsonl", "{", "line 1 is not JSON"),
        ("gold.jsonl", '{"x": 1}\n', "row 0 has no `label`.*It has x"),
        ("gold.csv", "id", ".csv is not read"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DistilabelUserError, match=f"{name}: {message}"):
        read_gold(tmp_path / name)


def test_missing_files_and_empty_directories_are_named(tmp_path: Path) -> None:
    with pytest.raises(DistilabelUserError, match="no such file"):
        read_gold(tmp_path / "gold.jsonl")
    with pytest.raises(DistilabelUserError, match="no Parquet files"):
        read_gold(tmp_path)


def row(**columns: Any) -> dict[str, Any]:
    return {"instruction": "Name an owl.", "generations": ["Barn owl.", "Hawk."], **columns}


def answer(annotator: str, question: str, value: str, status: str = "submitted") -> dict[str, str]:
    return {"annotator": annotator, "question": question, "value": value, "status": status}


def test_ratings_of_people_from_argilla_are_one_verdict_each() -> None:
    answers = [
        answer("ada", "generations-0-rating", "5"),
        answer("ada", "generations-1-rating", "2"),
        answer("bob", "generations-0-rating", "3"),
        answer("bob", "generations-1-rating", "3"),
        answer("eve", "generations-0-rating", "1", "discarded"),
        answer("eve", "generations-1-rating", "5", "discarded"),
    ]
    gold = read_gold([row(human_ratings=[4.0, 2.5], human_answers=answers)])
    assert {label.annotator: label.label for label in gold.labels} == {"ada": 0, "bob": "tie"}


@pytest.mark.parametrize(("choice", "label"), [(1, 1), (-1, "tie"), (-2, "tie")])
def test_choices_of_a_review_are_verdicts(choice: int, label: object) -> None:
    gold = read_gold([row(human_choice=choice), row(human_choice=None)])
    assert [each.label for each in gold.labels] == [label]


def test_ratings_without_names_and_labels_of_one_generation() -> None:
    assert read_gold([row(human_ratings=[2.0, 4.0])]).labels[0].label == 1
    three = read_gold([row(generations=["a", "b", "c"], human_ratings=[1.0, None, 3.0])])
    assert [(each.kind, each.label) for each in three.labels] == [("rating", 1.0), ("rating", 3.0)]
    one = {"instruction": "Name an owl.", "generation": "Hawk.", "human_labels": ["bad", "good"]}
    assert [each.label for each in read_gold([one]).labels] == [False, True]
