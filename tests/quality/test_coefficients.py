"""Coefficients, on the examples of textbooks and papers."""

from __future__ import annotations

import math
import random
from collections.abc import Hashable, Sequence
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import ac1, alpha, kappa, scott_pi
from distilabel.quality.coefficients import Level, Weights


def columns(table: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """Two columns of labels with a table of counts."""
    cells = [
        (a, b) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)
    ]
    return [a for a, _ in cells], [b for _, b in cells]


# Agresti 1990: husbands and wives on a scale of four.
MARRIED = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", example C.

OBSERVERS: list[list[Any]] = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


@pytest.mark.parametrize(
    ("table", "value"),
    [
        # The examples of Wikipedia's article, as fractions.
        ([[20, 5], [10, 15]], 2 / 5),
        ([[45, 15], [25, 15]], 3 / 23),
        ([[25, 35], [5, 35]], 7 / 27),
    ],
)
def test_kappa_of_the_textbook(table: list[list[int]], value: float) -> None:
    assert kappa(*columns(table)).value == pytest.approx(value, abs=1e-9)


def test_kappa_says_what_it_was_computed_from() -> None:
    found = kappa(*columns([[20, 5], [10, 15]]))
    assert (found.observed, found.chance, found.n) == (0.7, 0.5, 50)
    assert found.rates == ({0: 0.5, 1: 0.5}, {0: 0.6, 1: 0.4})


@pytest.mark.parametrize(
    ("weights", "printed"), [("none", 0.1293), ("linear", 0.2374), ("quadratic", None)]
)
def test_weighted_kappa_is_the_printed_one_and_that_of_the_definition(
    weights: Weights, printed: float | None
) -> None:
    one, other = columns(MARRIED)
    found = kappa(one, other, weights=weights).value
    power = {"none": 0, "linear": 1, "quadratic": 2}[weights]
    seen = sum(abs(a - b) ** power if a != b else 0 for a, b in zip(one, other, strict=True))
    by_chance = sum(abs(a - b) ** power if a != b else 0 for a in one for b in other)
    assert found == pytest.approx(1 - len(one) * seen / by_chance, abs=1e-9)
    if printed is not None:
        assert found == pytest.approx(printed, abs=5e-5)


def test_weights_need_an_order() -> None:
    one, other = ["bad", "good", "fair"], ["bad", "fair", "fair"]
    with pytest.raises(DistilabelUserError, match="`categories`"):
        kappa(one, other, weights="linear")
    named = kappa(one, other, weights="linear", categories=["bad", "fair", "good"])
    assert named.value == kappa([0, 2, 1], [0, 1, 1], weights="linear").value
    with pytest.raises(DistilabelUserError, match="'good' is not in"):
        kappa(one, other, weights="linear", categories=["bad", "fair"])
    with pytest.raises(DistilabelUserError, match="weights must be"):
        kappa(one, other, weights="cubic")  # type: ignore[arg-type]


def test_scotts_pi_of_the_textbook() -> None:
    assert scott_pi(*columns([[1, 2, 3], [4, 5, 6], [7, 8, 9]])).value == pytest.approx(
        -288 / 5112, abs=1e-9
    )


def test_ac1_does_not_collapse_where_kappa_does() -> None:
    # Gwet 2008: 118 of 125 items agree on one class, and kappa is negative.
    one, other = columns([[118, 5], [2, 0]])
    rate = 243 / 250
    chance = 2 * rate * (1 - rate)
    assert ac1(one, other).value == pytest.approx((118 / 125 - chance) / (1 - chance), abs=1e-9)
    assert ac1(one, other).value == pytest.approx(0.9408, abs=5e-5)
    assert kappa(one, other).value == pytest.approx(-0.0234, abs=5e-5)


def test_ac1_counts_classes_that_were_possible() -> None:
    assert ac1([0, 1], [0, 0], categories=[0, 1, 2]).chance == pytest.approx(3 / 16)
    with pytest.raises(DistilabelUserError, match="'x' is not in"):
        ac1([0, 1], [0, "x"], categories=[0, 1])


@pytest.mark.parametrize(
    ("level", "printed"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_of_the_paper(level: Level, printed: float) -> None:
    assert alpha(*OBSERVERS, level=level) == pytest.approx(printed, abs=5e-4)


def test_alpha_of_two_observers_and_two_classes() -> None:
    # Example A of the paper: .095, 1 - 19 * 4 / (14 * 6).
    found = alpha([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0])
    assert found == pytest.approx(2 / 21, abs=1e-9)


def test_alpha_of_the_definition_in_pairs_of_values() -> None:
    # Nominal alpha as one minus observed over expected disagreement, over all pairs of labels.
    units = [[v for v in row if v is not None] for row in zip(*OBSERVERS, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    labels = [value for unit in units for value in unit]
    seen = sum(sum(a != b for a in unit for b in unit) / (len(unit) - 1) for unit in units)
    by_chance = sum(a != b for a in labels for b in labels)
    expected = 1 - (len(labels) - 1) * seen / by_chance
    assert alpha(*OBSERVERS) == pytest.approx(expected, abs=1e-9)


def test_nan_is_a_gap_of_alpha() -> None:
    assert alpha([1, 2, math.nan], [1, 1, 2]) == alpha([1, 2], [1, 1])


def test_alpha_refuses_what_cannot_be_compared() -> None:
    with pytest.raises(DistilabelUserError, match="labels of two raters"):
        alpha([1, None], [None, 1])
    with pytest.raises(DistilabelUserError, match="1 rater"):
        alpha([1, 2])
    with pytest.raises(DistilabelUserError, match="not a number"):
        alpha(["a", "b"], ["a", "a"], level="interval")
    with pytest.raises(DistilabelUserError, match="level must be"):
        alpha([1], [1], level="ratio")  # type: ignore[arg-type]


def test_one_class_only_has_no_value() -> None:
    same: list[Hashable] = ["x"] * 10
    assert math.isnan(kappa(same, same).value)
    assert math.isnan(kappa([1] * 10, [1] * 10, weights="linear").value)
    assert math.isnan(scott_pi(same, same).value)
    assert math.isnan(ac1(same, same).value)
    assert ac1(same, same, categories=["x", "y"]).value == 1
    assert math.isnan(alpha(same, same))


def test_perfect_and_opposite_raters_have_the_ends_of_the_scale() -> None:
    one = [0, 1, 0, 1]
    other = [1, 0, 1, 0]
    assert kappa(one, one).value == kappa(one, one, weights="quadratic").value == 1
    assert kappa(one, other).value == scott_pi(one, other).value == -1


def test_the_order_of_rows_and_raters_does_not_matter() -> None:
    rng = random.Random(0)
    rows = [(rng.randrange(4), rng.randrange(4)) for _ in range(60)]
    one, other = zip(*rows, strict=True)
    rng.shuffle(rows)
    a, b = zip(*rows, strict=True)
    for measure in (kappa, scott_pi, ac1):
        assert measure(b, a).value == pytest.approx(measure(one, other).value, abs=1e-12)
