"""Protects the trivial judges, the credit for ties, and the lead over a baseline."""

from __future__ import annotations

import subprocess
import sys

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.baselines import (
    best_baseline,
    credit,
    lead,
    longest,
    trivial_verdicts,
)


def test_the_longer_answer_is_picked_and_the_first_of_equal_ones() -> None:
    assert longest([(3, 2), (2, 3), (2, 2)]) == [0, 1, 0]


def test_half_a_credit_where_one_of_two_verdicts_is_a_tie() -> None:
    assert credit([0, 0, 0, 2, 2, "tie"], [0, 1, 2, 1, 2, 2]) == [1, 0, 0.5, 0.5, 1, 1]


def test_the_lead_is_paired_and_per_item() -> None:
    people = [0, 1, 0, 1] * 50
    found = lead(people, people, [0, 1, 0, 0] * 50)
    assert found.value == 0.25
    assert 0.18 < found.low < 0.25 < found.high < 0.32
    # A judge that equals the baseline has no lead at all, with certainty.
    assert lead(people, people, people)[1:3] == (0, 0)


def test_instructions_are_drawn_as_wholes() -> None:
    people, judge, baseline = [0] * 200, [0] * 100 + [1] * 100, [0, 1] * 100
    alone = lead(people, judge, baseline)
    together = lead(people, judge, baseline, clusters=[i // 20 for i in range(200)])
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_the_best_baseline_has_the_most_credit() -> None:
    people = [1, 1, 1, 0]
    assert best_baseline(people, trivial_verdicts([(5, 1)] * 4)) == "second"
    with pytest.raises(DistilabelUserError, match="no baselines"):
        best_baseline(people, {})


def test_the_package_imports_no_heavy_module() -> None:
    code = (
        "import sys, distilabel.quality;"
        "print(*{'numpy', 'random', 'decimal', 'tempfile', 'pydantic', 'pyarrow'} & {*sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
