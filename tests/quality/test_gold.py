"""Protects gold labels: only people's, checked with the row, split by instruction."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.gold import gold_of, is_model_name, split_of
from quality.gold_rows import pair_records


def record(**fields: Any) -> dict[str, Any]:
    return {**pair_records(1)[0], **fields}


@pytest.mark.parametrize(
    "name", ["gpt-4o", "claude-3-opus", "meta-llama/Llama-3", "model:x", "Qwen2.5", "mistral-large"]
)
def test_labels_of_models_are_refused(name: str) -> None:
    assert is_model_name(name)
    with pytest.raises(DistilabelUserError, match=r"row 0: `annotator`.*people only"):
        gold_of([record(annotator=name)])


@pytest.mark.parametrize("name", ["ada", "Claude Monet", "annotator 3", "Phil", "a.lovelace"])
def test_people_are_not_taken_for_models(name: str) -> None:
    assert not is_model_name(name)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"label": None}, "`label` is missing"),
        ({"label": "better"}, "`label` does not fit the kind 'pair'"),
        ({"generations": ["one"]}, "has 1 texts; kind 'pair' needs 2"),
        ({"generations": "one"}, "must be a list"),
        ({"kind": "best"}, "`kind` must be"),
        ({"split": "train"}, "`split` must be"),
        ({"instruction": 3}, "not a text"),
        ({"annotator": " "}, "is empty"),
        ({"kind": "pass", "generations": ["x"], "label": "good"}, "not true or false"),
        ({"kind": "rating", "generations": ["x"], "label": True}, "not a number"),
    ],
)
def test_a_wrong_record_names_its_row_and_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DistilabelUserError, match=f"labels.jsonl: row 1: .*{message}"):
        gold_of([record(), record(id="b", **fields)], "labels.jsonl")


def test_labels_of_several_people_are_joined() -> None:
    records = [record(annotator=n, label=v) for n, v in (("ada", 0), ("bob", 0), ("eve", 1))]
    [item] = gold_of(records).items()
    assert item.label == 0
    assert item.labels == {"ada": 0, "bob": 0, "eve": 1}


def test_people_who_are_split_make_a_tie_of_a_pair_and_no_item_of_a_pass() -> None:
    [item] = gold_of([record(), record(annotator="bob", label=1), record(label=0)][1:]).items()
    assert item.label == 0 or item.label == "tie"
    passes = {"kind": "pass", "generations": ["x"]}
    split = [record(label=True, **passes), record(label=False, annotator="bob", **passes)]
    assert gold_of(split).items() == []


def test_contradictions_and_mixed_kinds_are_refused() -> None:
    with pytest.raises(DistilabelUserError, match="labeled 'item 0' twice"):
        gold_of([record(label=0), record(label=1)])
    with pytest.raises(DistilabelUserError, match="kinds pair and rating"):
        gold_of([record(), record(id="b", kind="rating", generations=["x"], label=3)])
    with pytest.raises(DistilabelUserError, match="both splits"):
        gold_of([record(), record(id="b", split="fit")])
    with pytest.raises(DistilabelUserError, match="no labels"):
        gold_of([])


def test_an_instruction_is_in_one_split_everywhere() -> None:
    texts = [f"Instruction {i}" for i in range(600)]
    splits = [split_of(text) for text in texts]
    assert splits == [split_of(f" {text}\n") for text in texts]
    assert 0.27 < splits.count("fit") / 600 < 0.40
    records = pair_records(30)
    for each in records:
        del each["split"]
    gold = gold_of(records)
    assert len(gold.items("fit")) + len(gold.items("test")) == 30
    assert all(item.first.split == split_of(item.first.instruction) for item in gold.items())


def test_the_digest_is_of_the_labels_and_not_of_their_order() -> None:
    records = pair_records(5)
    digest = gold_of(records).digest
    assert gold_of(records[::-1]).digest == digest
    records[0]["label"] = "tie" if records[0]["label"] != "tie" else 0
    assert gold_of(records).digest != digest
