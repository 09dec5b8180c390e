"""How many labels kappa needs, and how a jury is weighted."""

from __future__ import annotations

import math

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import agreement, jury_verdicts, jury_weights, labels_needed


@pytest.mark.parametrize(
    ("count", "width"), [(50, 0.20), (100, 0.14), (200, 0.10), (300, 0.08), (600, 0.06)]
)
def test_the_table_of_labels_and_widths(count: int, width: float) -> None:
    assert labels_needed(width + 0.005) <= count <= labels_needed(width - 0.005)


def test_the_formula_of_the_standard_error() -> None:
    z = 1.959963984540054
    assert labels_needed(0.1, agreement=0.8, chance=0.5) == math.ceil(z * z * 0.16 / 0.25 / 0.01)
    with pytest.raises(DistilabelUserError, match="width must lie between 0 and 1"):
        labels_needed(0)


def test_weights_are_log_odds_against_a_guess() -> None:
    people = [0, 1] * 5
    right_on_8 = [1, 0, *people[2:]]
    found = jury_weights(people, {"good": right_on_8, "wrong": [1 - v for v in people]})
    assert found == {"good": pytest.approx(math.log(9 / 3)), "wrong": 0}
    assert math.isfinite(jury_weights(people, {"perfect": people})["perfect"])
    # With four verdicts a guess is right less often, and the same share is worth more.
    assert jury_weights(people, {"good": right_on_8}, classes=4)["good"] > found["good"]


def test_one_good_judge_outvotes_two_weak_ones() -> None:
    people = [0, 1] * 20
    judges = {"weak": [0] * 20 + people[20:], "good": people, "weaker": [0] * 40}
    verdicts = jury_verdicts(judges, jury_weights(people, judges))
    assert agreement(people, verdicts) == 1


def test_a_draw_goes_to_the_heaviest_judge() -> None:
    judges = {"a": ["x"], "b": ["y"], "c": ["x"]}
    assert jury_verdicts(judges, {"a": 1, "b": 2, "c": 1}) == ["y"]


def test_a_jury_without_weight_is_refused() -> None:
    with pytest.raises(DistilabelUserError, match="all weights are 0"):
        jury_verdicts({"a": [1]}, {"a": 0})
    with pytest.raises(DistilabelUserError, match="no weight for b"):
        jury_verdicts({"a": [1], "b": [1]}, {"a": 1})
    with pytest.raises(DistilabelUserError, match="no judges"):
        jury_verdicts({}, {})
    with pytest.raises(DistilabelUserError, match="no judges"):
        jury_weights([1], {})
