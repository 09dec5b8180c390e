"""Protects calibrations: the file, its errors, and the thresholds that it proves."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.calibration import Calibration
from distilabel.quality.judge_identity import JudgeIdentity
from distilabel.quality.measuring import measure
from distilabel.quality.policy import Policy
from distilabel.quality.scores import Scored
from quality.gold_rows import judged, pair_gold

_FOUND = measure(judged(pair_gold(120), 0.9), orders=2, resamples=50)
CALIBRATION = Calibration(
    step="judge",
    identity=JudgeIdentity({"model": "1"}, {"model": "large"}),
    gold="digest",
    source="gold.jsonl",
    annotators=1,
    measures=_FOUND,
    decision=Policy().decide(_FOUND),
    scored=(Scored(3.0, 50, 50), Scored(2.0, 50, 40), Scored(1.0, 50, 5)),
    date="2026-11-28",
)


def test_a_file_has_the_calibration(tmp_path: Path) -> None:
    path = tmp_path / "judge.json"
    CALIBRATION.save(path)
    assert Calibration.load(path) == CALIBRATION
    assert [file.name for file in tmp_path.iterdir()] == ["judge.json"]
    with pytest.raises(FrozenInstanceError):
        CALIBRATION.step = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file.*judge calibrate"),
        ("{", "cannot be read"),
        ("[]", "not a calibration"),
        ('{"version": 9}', "not a calibration of version 1 .version: 9"),
        ('{"version": 1}', "damaged: KeyError"),
    ],
)
def test_a_wrong_file_says_what_to_do(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "judge.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DistilabelUserError, match=f"judge.json: .*{message}"):
        Calibration.load(path)


def test_a_threshold_is_proved_by_the_scores() -> None:
    # 50 of 50 prove .94; 90 of 100 prove .83; 95 of 150 prove .57.
    assert CALIBRATION.threshold(0.9).score == 3
    assert CALIBRATION.threshold(0.8).score == 2
    assert CALIBRATION.threshold(0.5).score == 1
    assert CALIBRATION.threshold(0.97).score is None


def test_ratings_do_not_prove_a_precision(tmp_path: Path) -> None:
    path = tmp_path / "judge.json"
    CALIBRATION.save(path)
    data = json.loads(path.read_text())
    data["scored"] = []
    path.write_text(json.dumps(data))
    with pytest.raises(DistilabelUserError, match="use `at_least`"):
        Calibration.load(path).threshold(0.8)
