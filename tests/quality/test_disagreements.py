"""Protects the choice of the items on which judge and people differ most."""

from __future__ import annotations

from distilabel.quality.disagreements import verdicts_of, worst_disagreements
from distilabel.quality.gold import gold_of
from distilabel.quality.measuring import JudgedItem
from quality.gold_rows import pair_records


def test_opposite_verdicts_come_before_ties_and_agreement_is_left_out() -> None:
    labels, verdicts = [0, 0, 0, "tie"], [0, "tie", 1, 1]
    records = [{**r, "label": v} for r, v in zip(pair_records(4), labels, strict=True)]
    items = [JudgedItem(i, v) for i, v in zip(gold_of(records).items(), verdicts, strict=True)]
    found = worst_disagreements([*items, JudgedItem(items[0].gold, None)])
    assert [each.id for each in found] == ["item 2", "item 1", "item 3"]
    assert [each.id for each in worst_disagreements(items, 1)] == ["item 2"]


def test_ratings_differ_by_their_distance_and_long_texts_are_cut() -> None:
    texts = {"kind": "rating", "generations": ["x" * 5000], "reason": "It is long."}
    records = [{**r, **texts, "label": 3} for r in pair_records(3)]
    items = [JudgedItem(i, v) for i, v in zip(gold_of(records).items(), (4, 3, 1), strict=True)]
    found = worst_disagreements(items)
    assert [each.id for each in found] == ["item 2", "item 0"]
    assert len(found[0].generations[0]) < 700
    assert found[0].reason == "It is long."


def test_verdicts_have_the_number_of_their_instruction() -> None:
    records = pair_records(3)
    records[2]["instruction"] = records[0]["instruction"]
    items = [JudgedItem(item, 0) for item in gold_of(records).items()]
    assert [each[2] for each in verdicts_of(items).values()] == [0, 1, 0]
