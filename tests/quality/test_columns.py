"""Columns that do not fit together give an error that names the measure, the row and the value."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from distilabel import quality
from distilabel.errors import DistilabelUserError
from distilabel.quality.columns import check_fraction, number_column, paired_columns

MEASURES: list[tuple[str, Callable[..., Any], int]] = [
    ("agreement", quality.agreement, 3),
    ("both_correct", quality.both_correct, 3),
    ("order_consistency", quality.order_consistency, 2),
    ("first_pick", quality.first_pick, 2),
    ("flip_rate", quality.flip_rate, 2),
    ("kappa", quality.kappa, 2),
    ("scott_pi", quality.scott_pi, 2),
    ("ac1", quality.ac1, 2),
    ("length_excess", quality.length_excess, 3),
    ("threshold", quality.threshold, 2),
    ("isotonic", quality.isotonic, 2),
]


@pytest.mark.parametrize(("name", "measure", "columns"), MEASURES)
def test_empty_columns_are_refused(name: str, measure: Callable[..., Any], columns: int) -> None:
    with pytest.raises(DistilabelUserError, match=f"{name}: there are no items"):
        measure(*[[]] * columns)


@pytest.mark.parametrize(("name", "measure", "columns"), MEASURES)
def test_a_gap_is_named(name: str, measure: Callable[..., Any], columns: int) -> None:
    with pytest.raises(DistilabelUserError, match=f"{name}: column 1 has no value in row 1"):
        measure(*[[0, None]] * columns)


def test_different_lengths_are_refused() -> None:
    with pytest.raises(DistilabelUserError, match="different lengths: 2, 3"):
        quality.kappa([0, 1], [0, 1, 1])


def test_nan_is_a_gap() -> None:
    with pytest.raises(DistilabelUserError, match="row 0"):
        paired_columns("x", [math.nan])


@pytest.mark.parametrize("value", ["1", math.inf, object()])
def test_only_finite_numbers_are_numbers(value: Any) -> None:
    with pytest.raises(DistilabelUserError, match="row 0 is not a"):
        number_column("x", [value])


def test_booleans_are_numbers() -> None:
    assert number_column("x", [True, False, 2]) == [1.0, 0.0, 2.0]


@pytest.mark.parametrize("value", [0, 1, -0.5, math.nan])
def test_a_fraction_lies_between_0_and_1(value: float) -> None:
    with pytest.raises(DistilabelUserError, match="x: confidence must lie between 0 and 1"):
        check_fraction("x", "confidence", value)


def test_the_import_brings_no_heavy_packages() -> None:
    program = (
        "import sys, distilabel.quality\n"
        "print({'numpy', 'datasets', 'pyarrow', 'aiohttp', 'pydantic'} & set(sys.modules))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "set()"
