"""Protects the weighing of juries: weights from one split, the gain on another."""

from __future__ import annotations

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality.gold import Gold
from distilabel.quality.jury_weighing import weigh_jury
from distilabel.quality.measuring import JudgedItem
from quality.gold_rows import judged, pair_gold


def jury(gold: Gold, **rights: float) -> dict[str, dict[str, JudgedItem]]:
    return {
        name: {item.gold.first.id: item for item in judged(gold, right, seed, orders=1)}
        for seed, (name, right) in enumerate(rights.items())
    }


def test_weights_follow_how_often_each_is_right_and_the_jury_gains() -> None:
    gold = pair_gold(300)
    items = gold.items()
    found = weigh_jury(items[:150], items[150:], jury(gold, a=0.8, b=0.7, c=0.7), resamples=100)
    assert found.best == "a"
    assert found.weights["a"] > max(found.weights["b"], found.weights["c"]) > 0
    assert found.gain.value > -0.02
    assert len(found.judged) == 150


def test_a_good_judge_is_not_outvoted_by_guesses() -> None:
    gold = pair_gold(300)
    items = gold.items()
    found = weigh_jury(
        items[:150], items[150:], jury(gold, good=0.95, x=0.05, y=0.05), resamples=50
    )
    assert found.gain.value == 0


def test_items_without_a_verdict_of_every_judge_do_not_count_for_weights() -> None:
    gold = pair_gold(20)
    items = gold.items()
    judges = jury(gold, a=0.9, b=0.9)
    judges["a"] = {name: JudgedItem(each.gold, None) for name, each in judges["a"].items()}
    with pytest.raises(DistilabelUserError, match="a verdict of every judge"):
        weigh_jury(items, items, judges)


def test_a_jury_of_guesses_is_refused() -> None:
    gold = pair_gold(200)
    judges = {n: {i.first.id: JudgedItem(i, "tie") for i in gold.items()} for n in ("a", "b")}
    with pytest.raises(DistilabelUserError, match="none of a, b is better than a guess"):
        weigh_jury(gold.items(), gold.items(), judges)
