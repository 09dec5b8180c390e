"""Protects the reading of judged pairs from datasets of many origins."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.quality.dataset_pairs import judged_pairs

TEXTS = {"instruction": "Name an owl.", "generations": ["Barn owl.", "Hawk."]}
CHAT = [{"role": "user", "content": "Name an owl."}]


def said(text: str) -> list[dict[str, str]]:
    return [*CHAT, {"role": "assistant", "content": text}]


@pytest.mark.parametrize(
    ("columns", "ab", "ba", "twice"),
    [
        ({"verdict": "A", "verdict_ab": "A", "verdict_ba": "B"}, 0, 1, True),
        ({"verdict": "tie", "verdict_ab": "tie", "verdict_ba": None}, "tie", None, False),
        ({"verdict": "B"}, 1, None, False),
        ({"result": "A"}, 0, None, False),
        ({"ratings": [3, 5]}, 1, None, False),
        ({"ratings": [3, 3]}, "tie", None, False),
    ],
)
def test_columns_of_distilabel(columns: dict[str, Any], ab: Any, ba: Any, twice: bool) -> None:
    [pair] = judged_pairs([{**TEXTS, **columns}])
    assert (pair.ab, pair.ba, pair.asked_twice) == (ab, ba, twice)
    assert (pair.instruction, pair.texts) == ("Name an owl.", ("Barn owl.", "Hawk."))


def test_of_many_texts_the_best_and_the_worst_in_their_order() -> None:
    row = {"instruction": "x", "generations": ["a", "b", "c", "d"], "ratings": [3, 1, None, 5],
           "generation_models": ["m1", "m2", "m3", "m4"]}  # fmt: skip
    [pair] = judged_pairs([row])
    assert (pair.texts, pair.ab, pair.models) == (("b", "d"), 1, ("m2", "m4"))
    [pair] = judged_pairs([{**row, "ratings": [2, 2, 2, 2]}])
    assert (pair.texts, pair.ab) == (("a", "b"), "tie")


def test_completions_of_ultrafeedback() -> None:
    completions = [{"response": "a", "overall_score": 7.5, "model": "m1"},
                   {"response": "b", "overall_score": 4.0, "model": "m2"}]  # fmt: skip
    [pair] = judged_pairs([{"instruction": "x", "completions": completions}])
    assert (pair.texts, pair.ab, pair.models) == (("a", "b"), 0, ("m1", "m2"))


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Name an owl.", "chosen": "Barn owl.", "rejected": "Hawk."},
        {"prompt": CHAT, "chosen": said("Barn owl.")[1:], "rejected": said("Hawk.")[1:]},
        {"chosen": said("Barn owl."), "rejected": said("Hawk.")},
    ],
)
def test_pairs_of_trl_are_sorted_by_their_verdict(row: dict[str, Any]) -> None:
    [pair] = judged_pairs([row])
    assert (pair.instruction, pair.texts) == ("Name an owl.", ("Barn owl.", "Hawk."))
    assert (pair.ab, pair.in_order) == (0, False)
    [tied] = judged_pairs([{**row, "score_chosen": 5.0, "score_rejected": 5.0}])
    assert tied.ab == "tie"


@pytest.mark.parametrize(
    "row",
    [{}, {"generations": ["a", "b"]}, {"generations": ["a", None], "ratings": [1, 2]},
     {"generations": ["a", "b", "c"], "ratings": [1, None, None]}, {"completions": ["a", "b"]},
     {"chosen": "a"}, {"generations": ["a", "b"], "verdict": "better"}],
)  # fmt: skip
def test_rows_without_a_judged_pair_are_skipped(row: dict[str, Any]) -> None:
    assert [*judged_pairs([row])] == []
