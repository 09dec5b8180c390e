"""Protects the measuring of judges: pairs in one and both orders, ratings, passes, slices."""

from __future__ import annotations

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.gold import gold_of
from distilabel.quality.measuring import JudgedItem, family_of, measure
from quality.gold_rows import judged, pair_gold, pair_records


def test_both_orders_count_only_where_they_agree() -> None:
    [item] = pair_gold(1).items()
    assert JudgedItem(item, 0, 0, asked_twice=True).verdict == 0
    assert JudgedItem(item, 0, 1, asked_twice=True).verdict == "tie"
    assert JudgedItem(item, 0, None, asked_twice=True).verdict is None
    assert JudgedItem(item, 0).verdict == 0


def test_pairs_are_measured_by_hand() -> None:
    labels = [0, 0, 1, 1, "tie", "tie", 0, 1]
    verdicts = [0, 1, 1, 1, "tie", 0, 0, "tie"]
    records = [{**r, "label": v} for r, v in zip(pair_records(8), labels, strict=True)]
    items = [JudgedItem(i, v) for i, v in zip(gold_of(records).items(), verdicts, strict=True)]
    found = measure([*items[:7], JudgedItem(items[7].gold, None), items[7]], resamples=20)
    assert (found.items, found.n, found.parsed.value) == (9, 8, 8 / 9)
    assert found.agreement.value == 5 / 8
    assert found.against is not None
    assert found.undecided is not None
    assert found.accepted is not None
    # Six are decided: one against people, one that people call a tie.
    assert found.against.value == found.undecided.value == pytest.approx(1 / 6)
    assert found.accepted.value == 6 / 9
    assert found.confusion["0"] == {"0": 2, "1": 1}
    assert found.consistency is None


def test_a_good_judge_leads_and_a_flipped_one_is_below_zero() -> None:
    gold = pair_gold(300)
    good = measure(judged(gold, 0.9), orders=2, resamples=200)
    assert good.lead.low > 0.2
    assert good.kappa.low > 0.6
    assert good.consistency is not None
    assert good.consistency.value < 1
    assert measure(judged(gold, 0.9, flipped=True), orders=2, resamples=200).kappa.high < 0


def test_the_same_seed_gives_the_same_figures() -> None:
    items = judged(pair_gold(60), 0.7)
    assert measure(items, orders=2, resamples=50) == measure(items, orders=2, resamples=50)


def test_instructions_that_repeat_make_intervals_wider() -> None:
    alone = pair_gold(200)
    repeated = gold_of(
        [{**r, "instruction": f"{i // 10}", "label": int(i // 10 % 2)} for i, r in
         enumerate(pair_records(200))]
    )  # fmt: skip
    narrow = measure(judged(alone, 0.5, orders=1), resamples=200)
    # Right for half of the instructions, with all their pairs.
    items = [JudgedItem(i, i.label if int(i.first.instruction) % 4 < 2 else 0)
             for i in repeated.items()]  # fmt: skip
    wide = measure(items, resamples=200)
    assert wide.kappa.high - wide.kappa.low > 1.5 * (narrow.kappa.high - narrow.kappa.low)


def test_slices_of_thirty_are_looked_at_by_themselves() -> None:
    records = pair_records(100)
    for row, each in enumerate(records):
        each["slice"] = "poems" if row < 40 else "code" if row < 80 else "rare"
    found = measure(judged(gold_of(records), 0.8), orders=2, resamples=50)
    assert [(each.name, each.lead.n) for each in found.slices] == [("code", 40), ("poems", 40)]


def test_people_who_agree_are_the_ceiling() -> None:
    records = pair_records(40)
    both = [*records, *({**each, "annotator": "bob"} for each in records)]
    assert measure(judged(gold_of(both), 0.8), orders=2, resamples=20).ceiling == 1
    assert measure(judged(gold_of(records), 0.8), orders=2, resamples=20).ceiling is None


def test_ratings_and_passes_have_baselines_of_their_own() -> None:
    texts = {"generations": ["x"], "kind": "rating"}
    records = [{**r, **texts, "label": i % 5 + 1} for i, r in enumerate(pair_records(60))]
    items = [JudgedItem(i, round(i.label)) for i in gold_of(records).items()]
    found = measure(items, resamples=20)
    assert (found.baseline, found.kappa.value, found.agreement.value) == ("the median", 1, 1)
    assert found.lead.value == pytest.approx(0.3)
    assert found.length_excess is None
    texts["kind"] = "pass"
    records = [{**r, **texts, "label": i % 4 > 0} for i, r in enumerate(pair_records(60))]
    items = [JudgedItem(i, True) for i in gold_of(records).items()]
    found = measure(items, resamples=20)
    assert (found.baseline, found.lead.value) == ("always pass", 0)


def test_the_family_of_a_judge_is_found_among_those_that_wrote() -> None:
    assert [family_of(n) for n in ("gpt-4o", "meta-llama/Llama-3", "")] == ["gpt", "llama", ""]
    gold = pair_gold(40, models=["gpt-4o", "llama-3"])
    items = [JudgedItem(item, 0) for item in gold.items()]
    found = measure(items, judge="gpt-3.5", resamples=50)
    assert found.family_excess is not None
    assert found.family_excess.value > 0
    assert measure(items, judge="claude-3", resamples=20).family_excess is None


def test_a_judge_without_a_verdict_cannot_be_measured() -> None:
    with pytest.raises(DistilabelUserError, match="none of 3 gold items"):
        measure([JudgedItem(item, None) for item in pair_gold(3).items()])
