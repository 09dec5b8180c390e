"""Thresholds, prevalence and calibration: by hand, and by what they promise."""

from __future__ import annotations

import math
import random

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import isotonic, prevalence, threshold
from distilabel.quality.corrections import pool_adjacent_violators
from distilabel.quality.intervals import lower_bound


def test_the_laxest_threshold_that_is_proved_is_taken() -> None:
    scores = [5] * 40 + [4] * 40 + [3] * 40
    right = [True] * 40 + [True] * 36 + [False] * 4 + [False] * 40
    found = threshold(scores, right, target=0.8)
    assert (found.score, found.kept, found.n) == (4, 80, 120)
    assert found.precision == pytest.approx(76 / 80)
    assert found.bound == lower_bound(76, 80)


def test_the_search_stops_at_the_first_failure() -> None:
    # Over all 240 rows the bound would pass again; the second step fails before.
    scores = [3] * 40 + [2] * 40 + [1] * 160
    right = [True] * 40 + [False] * 20 + [True] * 20 + [True] * 160
    assert lower_bound(220, 240) > 0.8
    assert threshold(scores, right, target=0.8).kept == 40


def test_no_threshold_is_a_stated_value() -> None:
    found = threshold([1, 2, 3], [True] * 3)
    assert (found.score, found.kept) == (None, 0)
    assert math.isnan(found.precision)
    assert threshold(range(100), [False] * 100).score is None


def test_a_high_target_needs_more_rows_than_the_first_step() -> None:
    # 59 right rows prove 95%, 58 do not.
    assert threshold(range(58), [True] * 58, target=0.95).score is None
    assert threshold(range(59), [True] * 59, target=0.95).score == 0


def test_broken_promises_of_precision_are_rare() -> None:
    rng = random.Random(0)
    broken = 0
    for _ in range(200):
        scores = [rng.random() for _ in range(150)]
        found = threshold(scores, [rng.random() < s for s in scores], target=0.8)
        # The true precision of rows above a score s is (1 + s) / 2.
        broken += found.score is not None and (1 + found.score) / 2 < 0.8
    assert broken <= 10


def test_ppi_is_the_mean_of_labels_where_the_judge_says_nothing() -> None:
    found = prevalence([1, 0, 1, 1], [1, 1, 1, 1], [1] * 100)
    assert found.value == 0.75
    assert found.high - found.value == pytest.approx(
        1.959963984540054 * math.sqrt(0.25 / 4), abs=1e-9
    )


def test_ppi_by_hand() -> None:
    people, judged, rest = [1, 0, 1, 0], [1, 0, 1, 1], [1, 1, 0, 0, 1, 0, 1, 1]
    pooled = judged + rest
    mean = sum(pooled) / 12
    spread = sum((v - mean) ** 2 for v in pooled) / 11
    weight = (1 / 6) / ((1 + 4 / 8) * spread)
    expected = weight * 5 / 8 + (2 - weight * 3) / 4
    assert prevalence(people, judged, rest).value == pytest.approx(expected, abs=1e-9)


def test_ppi_is_narrower_than_the_labels_and_covers() -> None:
    rng = random.Random(1)
    covered = narrower = 0
    for _ in range(200):
        truth = [rng.random() < 0.3 for _ in range(1100)]
        verdicts = [t if rng.random() < 0.9 else not t for t in truth]
        found = prevalence(truth[:100], verdicts[:100], verdicts[100:])
        alone = prevalence(truth[:100], [0] * 100, verdicts[100:])
        covered += found.low <= 0.3 <= found.high
        narrower += found.high - found.low < alone.high - alone.low
    assert covered >= 180
    assert narrower == 200


def test_rogan_gladen_by_hand() -> None:
    # Sensitivity .8, specificity .9, a rate of .45: (.45 + .9 - 1) / (.8 + .9 - 1) = .5.
    people = [1] * 10 + [0] * 10
    judged = [1] * 8 + [0] * 2 + [1] + [0] * 9
    found = prevalence(people, judged, [1] * 45 + [0] * 55, method="rogan-gladen")
    assert found.value == pytest.approx(0.5, abs=1e-9)
    assert 0 <= found.low < 0.5 < found.high <= 1


def test_rogan_gladen_covers_with_a_weak_judge_and_few_labels() -> None:
    rng = random.Random(5)
    covered = 0
    for _ in range(200):
        people = [rng.random() < 0.2 for _ in range(100)]
        judged = [rng.random() < (0.9 if label else 0.3) for label in people]
        accepted = sum(rng.random() < 0.2 * 0.9 + 0.8 * 0.3 for _ in range(300))
        unlabeled = [1] * accepted + [0] * (300 - accepted)
        found = prevalence(people, judged, unlabeled, method="rogan-gladen")
        covered += found.low <= 0.2 <= found.high
    assert covered >= 184


def test_rogan_gladen_is_refused_where_it_means_nothing() -> None:
    with pytest.raises(DistilabelUserError, match="add up to 1 or less"):
        prevalence([1, 1, 0, 0], [1, 0, 1, 0], [1, 0], method="rogan-gladen")
    with pytest.raises(DistilabelUserError, match="both classes; 2 of 2"):
        prevalence([1, 1], [1, 0], [1, 0], method="rogan-gladen")
    with pytest.raises(DistilabelUserError, match="0 and 1"):
        prevalence([1, 0.5], [1, 0], [1, 0], method="rogan-gladen")
    with pytest.raises(DistilabelUserError, match="method must be"):
        prevalence([1, 0], [1, 0], [1, 0], method="bayes")  # type: ignore[arg-type]
    with pytest.raises(DistilabelUserError, match="two or more"):
        prevalence([1], [1], [1, 0])


def test_violators_are_pooled_and_ties_share_a_value() -> None:
    assert pool_adjacent_violators([1, 2, 3, 4, 5, 6], [1, 3, 2, 4, 3, 5]) == (
        [1, 2, 3, 4, 5, 6],
        [1, 2.5, 2.5, 3.5, 3.5, 5],
    )
    # The pooled mean weighs rows, not scores.
    assert pool_adjacent_violators([1, 1, 1, 2], [3, 3, 3, 1]) == ([1, 2], [2.5, 2.5])


def test_rows_are_not_fitted_with_their_own_label() -> None:
    scores, people = [float(i) for i in range(20)], [0.0] * 20
    before = isotonic(scores, people)
    for row in range(20):
        changed = [*people]
        changed[row] = 100.0
        assert isotonic(scores, changed).fitted[row] == before.fitted[row] == 0


def test_clusters_stay_in_one_fold() -> None:
    # Each score has two rows of one cluster; a row must not learn from its twin.
    scores = [float(i // 2) for i in range(20)]
    people = [0.0] * 18 + [1.0, 1.0]
    assert isotonic(scores, people, clusters=scores).fitted[18:] == [0, 0]


def test_the_curve_is_linear_between_scores_and_constant_beyond() -> None:
    curve = isotonic([1.0, 2.0, 3.0], [0.0, 1.0, 3.0], folds=3)
    assert [curve(s) for s in (0, 1, 1.5, 2.5, 3, 9)] == [0, 0, 0.5, 2, 3, 3]


def test_more_folds_than_rows_are_refused() -> None:
    with pytest.raises(DistilabelUserError, match="5 folds of 2"):
        isotonic([1, 2], [1, 2])
