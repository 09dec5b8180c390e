"""Protects the counting of scores, and the cut that agrees best with people."""

from __future__ import annotations

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.gold import gold_of
from distilabel.quality.measuring import JudgedItem
from distilabel.quality.scores import best_cut, passed, scores_of
from quality.gold_rows import pair_records


def test_decided_verdicts_about_decided_pairs_count() -> None:
    labels, verdicts = [0, 0, 1, "tie", 1], [0, 1, "tie", 0, None]
    records = [{**r, "label": v} for r, v in zip(pair_records(5), labels, strict=True)]
    items = [JudgedItem(i, v) for i, v in zip(gold_of(records).items(), verdicts, strict=True)]
    assert scores_of(items) == [(1.0, 2, 1), (0.0, 1, 0)]


def passes(labels: list[bool], scores: list[float | None]) -> list[JudgedItem]:
    fields = {"kind": "pass", "generations": ["x"]}
    records = [
        {**r, **fields, "label": v} for r, v in zip(pair_records(len(labels)), labels, strict=True)
    ]
    return [JudgedItem(i, s) for i, s in zip(gold_of(records).items(), scores, strict=True)]


def test_the_cut_is_the_score_that_agrees_best() -> None:
    items = passes([False, False, True, True, True], [1, 3, 3, 4, 5])
    assert best_cut(items) == 3 or best_cut(items) == 4
    assert best_cut(passes([False, False, True, True], [1, 2, 4, 5])) == 4
    assert [passed(item, 4).verdict for item in items] == [False, False, False, True, True]
    assert passed(passes([True], [None])[0], 4).verdict is None


def test_without_scores_there_is_no_cut() -> None:
    with pytest.raises(DistilabelUserError, match="no gold item has a score"):
        best_cut(passes([True], [None]))
    assert scores_of(passes([True, False, True], [5, 5, 2])) == [(5.0, 2, 1), (2.0, 1, 1)]
