"""Protects the policy: who may filter data, who may not, and what is said to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from distilabel.quality.intervals import Interval
from distilabel.quality.measures import Slice
from distilabel.quality.measuring import JudgedItem, measure
from distilabel.quality.policy import Policy, resampling_error
from quality.gold_rows import judged, pair_gold

_GOOD = measure(judged(pair_gold(300), 0.9), orders=2)


def test_a_good_judge_is_trusted() -> None:
    decision = Policy().decide(_GOOD)
    assert (decision.status, decision.failed) == ("trusted", [])


def test_a_flipped_judge_is_named_as_inverted() -> None:
    found = measure(judged(pair_gold(300), 0.9, flipped=True), orders=2, resamples=200)
    assert Policy().decide(found).status == "inverted"


def test_few_labels_are_too_few_however_good() -> None:
    found = measure(judged(pair_gold(90), 1.0), orders=2, resamples=200)
    decision = Policy().decide(found)
    assert decision.status == "too few labels"
    assert decision.failed[0].labels == 100


@pytest.mark.parametrize("verdict", [0, 1, "tie"])
def test_a_constant_judge_is_refused(verdict: object) -> None:
    items = [JudgedItem(item, verdict) for item in pair_gold(200).items()]
    decision = Policy().decide(measure(items, resamples=200))
    assert decision.status == "refused"
    assert {"lead", "kappa"} <= {check.name for check in decision.failed}


def test_a_bound_within_the_error_of_resampling_is_short() -> None:
    # An end of the interval of 1,000 resamples is off by .004 for a width of .11.
    kappa = Interval(0.356, 0.303, 0.411, 600)
    assert 0.0035 < resampling_error(kappa, 1000) < 0.0045
    decision = Policy().decide(replace(_GOOD, kappa=kappa, n=600))
    [failed] = decision.failed
    assert (failed.name, decision.status) == ("kappa", "refused")
    assert "by more than the error of 1,000 resamples" in failed.text
    assert failed.labels is not None
    assert 580 < failed.labels < 680
    assert Policy().decide(replace(_GOOD, kappa=Interval(0.36, 0.305, 0.41, 600))).trusted


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"parsed": Interval(0.97, 0.95, 0.99, 300)}, "parsed"),
        ({"length_excess": Interval(0.12, 0.08, 0.16, 200)}, "length"),
        ({"orders": 1, "first_pick": Interval(0.57, 0.53, 0.61, 300)}, "first pick"),
        ({"slices": (Slice("poems", Interval(-0.2, -0.3, -0.1, 40)),)}, "slice poems"),
        ({"lead": Interval(0.03, -0.01, 0.07, 300)}, "lead"),
    ],
)
def test_each_requirement_is_held_against_its_unfavorable_bound(
    change: dict[str, object], name: str
) -> None:
    decision = Policy().decide(replace(_GOOD, **change))  # type: ignore[arg-type]
    assert [check.name for check in decision.failed] == [name]


def test_both_orders_excuse_a_judge_that_prefers_the_first() -> None:
    found = replace(_GOOD, first_pick=Interval(0.7, 0.65, 0.75, 300))
    decision = Policy().decide(found)
    assert decision.trusted
    assert any("picks the first answer" in text for text in decision.warnings)


def test_a_trusted_judge_is_warned_of_its_length() -> None:
    decision = Policy().decide(replace(_GOOD, length_excess=Interval(0.07, 0.03, 0.12, 200)))
    assert decision.trusted
    assert any("longer answer 0.070 [0.030, 0.120]" in text for text in decision.warnings)


def test_labels_do_not_help_where_the_estimate_itself_is_short() -> None:
    decision = Policy().decide(replace(_GOOD, kappa=Interval(0.25, 0.2, 0.3, 300)))
    assert decision.failed[0].labels is None
