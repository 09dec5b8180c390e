"""Protects the comparison of calibrations: paired, on shared items, with equal labels only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.calibration import Calibration
from distilabel.quality.comparing import compare
from distilabel.quality.judge_identity import JudgeIdentity
from quality.test_calibration import CALIBRATION


def judge(right: int, *, label: Any = 0, name: str = "item") -> Calibration:
    """One that is right about the first of 100 items."""
    verdicts = {f"{name} {i}": (label, label if i < right else 1, i) for i in range(100)}
    return replace(CALIBRATION, verdicts=verdicts)


def test_the_gain_is_paired_and_what_moved_is_named() -> None:
    other = replace(judge(80), identity=JudgeIdentity({"model": "2"}, {"model": "small"}))
    found = compare(judge(60), other)
    assert found.gain.value == pytest.approx(0.2)
    assert found.gain.low > 0
    assert found.moved == ["the model (large -> small)"]
    assert compare(judge(60), judge(60)).gain[:3] == (0, 0, 0)


def test_what_has_other_labels_or_items_cannot_be_compared() -> None:
    with pytest.raises(DistilabelUserError, match="labels of 100 items differ, such as 'item 0'"):
        compare(judge(60), judge(60, label="tie"))
    with pytest.raises(DistilabelUserError, match="no item in common"):
        compare(judge(60), judge(60, name="other"))
    ratings = replace(CALIBRATION, measures=replace(CALIBRATION.measures, kind="rating"))
    with pytest.raises(DistilabelUserError, match="Compare their kappas"):
        compare(ratings, ratings)
