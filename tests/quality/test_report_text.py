"""Protects the report for the terminal: a sentence, eight lines, and warnings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from distilabel.quality.intervals import Interval
from distilabel.quality.policy import Decision, Policy
from distilabel.quality.report_text import measure_rows, report_lines, sentence
from quality.test_calibration import CALIBRATION


def test_a_sentence_and_eight_lines() -> None:
    lines = report_lines(CALIBRATION)
    assert lines[0].startswith("judge is trusted: kappa ")
    assert lines[2].split() == ["judge", "people", "best", "trivial"]
    assert len(measure_rows(CALIBRATION.measures)) == 8
    assert f"kappa                {CALIBRATION.measures.kappa}" in "\n".join(lines)
    assert lines[-1].startswith("warning: One person labeled")
    jury = replace(CALIBRATION, jury_gain=Interval(0.05, 0.01, 0.09, 120))
    assert "jury: 0.050 [0.010, 0.090] credit above its best judge" in report_lines(jury)


@pytest.mark.parametrize(
    ("kappa", "text"),
    [
        (Interval(0.4, 0.29, 0.51, 120), "judge is not trusted (refused): kappa 0.400"),
        (Interval(-0.4, -0.5, -0.3, 120), "judge is inverted: it says the opposite of people"),
    ],
)
def test_the_sentence_tells_the_first_reason(kappa: Interval, text: str) -> None:
    found = replace(CALIBRATION.measures, kappa=kappa)
    assert sentence("judge", found, Policy().decide(found)).startswith(text)


def test_labels_that_would_settle_it_are_told() -> None:
    found = replace(CALIBRATION.measures, kappa=Interval(0.4, 0.29, 0.51, 120))
    decision: Decision = Policy().decide(found)
    assert "About 160 labels would settle it." in sentence("judge", found, decision)


def test_ratings_have_eight_lines_too() -> None:
    found = replace(CALIBRATION.measures, kind="rating")
    names = [row[0] for row in measure_rows(found)]
    assert len(names) == 8
    assert "longer than people" not in names
