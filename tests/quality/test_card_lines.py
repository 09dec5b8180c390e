"""Protects what a card tells of a judge."""

from __future__ import annotations

from dataclasses import replace

from distilabel.quality.card_lines import card_lines
from distilabel.quality.intervals import Interval
from distilabel.quality.policy import Policy
from quality.test_calibration import CALIBRATION


def test_six_lines_tell_the_judge_its_agreement_and_the_decision() -> None:
    lines = card_lines(CALIBRATION)
    assert len(lines) == 6
    text = "\n".join(lines)
    assert "`judge` with `large`, asked in both orders" in text
    assert "2026-11-28 against 120 items labeled by 1 person" in text
    assert f"kappa {CALIBRATION.measures.kappa}" in text
    assert lines[-1] == "Decision: trusted."


def test_a_refusal_is_told_with_its_reason() -> None:
    measures = replace(CALIBRATION.measures, kappa=Interval(0.2, 0.1, 0.3, 120))
    refused = replace(CALIBRATION, measures=measures, decision=Policy().decide(measures))
    assert "Decision: refused: kappa 0.200 [0.100, 0.300]" in card_lines(refused)[-1]


def test_the_gain_of_a_jury_is_told() -> None:
    jury = replace(CALIBRATION, jury_gain=Interval(0.05, 0.01, 0.09, 120))
    assert any("above its best judge: 0.050 [0.010, 0.090]" in line for line in card_lines(jury))
