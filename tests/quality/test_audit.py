"""Protects audits: the shares of a dataset, labels found by their texts, and the advice."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.audit import audit
from distilabel.quality.gold import gold_of
from quality.gold_rows import pair_records

LABELS = [0, 0, 1, "tie", 0]
AB = ["A", "B", "B", "A", "tie"]
BA = ["A", "B", "A", "A", "tie"]
RECORDS = [{**r, "label": v} for r, v in zip(pair_records(5), LABELS, strict=True)]


def dataset() -> list[dict[str, Any]]:
    return [
        {**{k: r[k] for k in ("instruction", "generations")}, "verdict_ab": ab, "verdict_ba": ba}
        for r, ab, ba in zip(RECORDS, AB, BA, strict=True)
    ]


def test_without_labels_the_shares_are_told() -> None:
    found = audit([*dataset(), {"instruction": "not judged"}], resamples=20)
    assert (found.rows, found.pairs, found.measures) == (6, 5, None)
    assert found.decided.value == 0.8
    assert found.consistency is not None
    assert found.kept is not None
    assert (found.consistency.value, found.kept.value) == (0.8, 0.6)
    assert "how many are right is unknown without labels of people" in found.sentence()


def test_labels_tell_what_is_the_wrong_way_round_and_what_to_keep() -> None:
    found = audit(dataset(), gold_of(RECORDS), resamples=20)
    # Four are decided in the first order: one against people, one that people call a tie.
    assert found.wrong is not None
    assert found.ties is not None
    assert found.smoothing is not None
    assert (found.wrong.value, found.ties.value) == (0.25, 0.25)
    # Of the kept that people decide, one is right and one is not.
    assert (found.smoothing.value, found.smoothing.n) == (0.5, 2)
    text = found.sentence()
    assert text.startswith("25% [5%, 70%] of your pairs are the wrong way round and 25%")
    assert "keep the 60%" in text
    assert "label_smoothing=0.50" in text
    assert found.decision is not None
    assert found.decision.status == "too few labels"


def test_pairs_are_found_whatever_the_order_of_their_texts() -> None:
    turned = [{**r, "generations": r["generations"][::-1]} for r in dataset()]
    as_labeled, as_turned = (audit(d, gold_of(RECORDS), resamples=20) for d in (dataset(), turned))
    assert as_labeled.wrong is not None
    assert as_turned.wrong is not None
    # The same letters name the other texts now.
    assert (as_labeled.wrong.value, as_turned.wrong.value) == (0.25, 0.5)


def test_sorted_pairs_have_no_first_answer() -> None:
    rows = [{"prompt": "x", "chosen": "a" * 50, "rejected": "b"}] * 3
    found = audit(rows)
    assert found.first is None
    assert found.longer is not None
    assert found.longer.value == 1
    assert found.kept is None


def test_datasets_and_labels_that_do_not_fit_are_named() -> None:
    with pytest.raises(DistilabelUserError, match="none of 1 rows has a judged pair"):
        audit([{"text": "x"}])
    with pytest.raises(DistilabelUserError, match="none of the 3 gold items has the instruction"):
        audit(dataset(), gold_of(pair_records(3, instruction="Another")))
