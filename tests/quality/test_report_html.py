"""Protects the report as HTML: complete, escaped, and with nothing to load."""

from __future__ import annotations

from dataclasses import replace

from distilabel.quality.disagreements import Disagreement
from distilabel.quality.intervals import Interval
from distilabel.quality.measures import Slice
from distilabel.quality.report_html import report_html
from quality.test_calibration import CALIBRATION

EVIL = "<script>alert(1)</script>"


def test_the_report_has_all_parts() -> None:
    measures = replace(
        CALIBRATION.measures, slices=(Slice("poems", Interval(0.1, 0.0, 0.2, 40)),)
    )  # fmt: skip
    page = report_html(replace(CALIBRATION, measures=measures))
    for title in ("Measures", "Requirements", "Confusion", "Precision and reliability", "Length",
                  "Slices"):  # fmt: skip
        assert f"<h2>{title}</h2>" in page
    assert 'class="status trusted"' in page
    assert page.count("<svg") == 2


def test_texts_of_the_data_are_text() -> None:
    worst = Disagreement(f'"{EVIL}', EVIL, (EVIL, EVIL), 0, 1, EVIL)
    page = report_html(
        replace(CALIBRATION, step=EVIL, source=EVIL, disagreements=(worst,)),
        f"http://127.0.0.1/review{EVIL}",
    )
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "people: A · judge: B" in page


def test_disagreements_lead_to_the_review_page_if_there_is_one() -> None:
    worst = Disagreement("item 3", "x", ("a", "b"), 0, 1, None)
    calibration = replace(CALIBRATION, disagreements=(worst,))
    assert 'href="http://127.0.0.1:1/review?id=item%203"' in report_html(
        calibration, "http://127.0.0.1:1/review"
    )
    assert "href" not in report_html(calibration)


def test_without_scores_there_is_no_precision() -> None:
    assert "Precision" not in report_html(replace(CALIBRATION, scored=()))
