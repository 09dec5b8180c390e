"""Protects the pair of the best and the worst answer, which keeps every row."""

from __future__ import annotations

from distilabel.steps.formatting.best_worst import PairBestAndWorst


def test_the_pair_tells_how_far_apart_it_is() -> None:
    (made,) = next(
        PairBestAndWorst().process([{"generations": ["a", "b", "c"], "scores": [1, 3, 2]}])
    )
    assert (made["chosen"], made["rejected"]) == ("b", "a")
    assert (made["chosen_score"], made["rejected_score"]) == (3.0, 1.0)
    assert made["tie"] is False
    assert made["difference_in_score"] == 2.0


def test_a_tie_is_kept_and_marked() -> None:
    (made,) = next(PairBestAndWorst().process([{"generations": ["a", "b"], "scores": [1, 1]}]))
    assert (made["chosen"], made["rejected"], made["tie"]) == ("a", "a", True)


def test_a_row_without_answers_has_no_pair() -> None:
    (made,) = next(PairBestAndWorst().process([{"generations": None, "scores": None, "id": 7}]))
    assert made["id"] == 7
    assert made["chosen"] is None
    assert made["tie"] is None
