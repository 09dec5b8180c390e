"""Protects which generations are compared: never an unrated one, and none of another row."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.steps.formatting.best_worst import PairBestAndWorst
from distilabel.steps.formatting.rated import best_and_worst, rated_generations

STEP = PairBestAndWorst()


def positions(**row: Any) -> list[int]:
    return [each.position for each in rated_generations(STEP, row)]


def test_what_has_no_text_or_no_rating_is_left_out() -> None:
    assert positions(generations=["a", None, "c", "d"], ratings=[1, 2, None, float("nan")]) == [0]
    assert positions(generations=None, ratings=[1]) == []
    assert positions(generations=["a"], ratings=None) == []


def test_the_first_one_wins_a_tie() -> None:
    rated = rated_generations(STEP, {"generations": ["a", "b", "c"], "ratings": [2, 2, 2]})
    assert best_and_worst(rated) == (rated[0], rated[0])
    assert best_and_worst([]) is None


@pytest.mark.parametrize(
    ("generations", "ratings", "text"),
    [
        (["a", "b"], [1], "2 generations have 1 ratings"),
        (["a"], ["5"], "item 0 of column 'ratings' is a str.*a number"),
        (["a", 7], [1, 2], "item 1 of column 'generations' is an int.*a text"),
        ("a", [1], "contains a str. It must contain a list"),
    ],
)
def test_what_cannot_be_compared_is_an_error(generations: Any, ratings: Any, text: str) -> None:
    with pytest.raises(DistilabelUserError, match=text):
        rated_generations(STEP, {"generations": generations, "ratings": ratings})
