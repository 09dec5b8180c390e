"""Protects preference pairs: prompt and answers of one form, and no pair without a preference."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.formatting.preference import FormatPreference

USER = {"role": "user", "content": "i"}


def pairs(fields: dict[str, Any] | None = None, **row: Any) -> list[dict[str, Any]]:
    return next(FormatPreference(**fields or {}).process([{"instruction": "i", **row}]))


def test_answers_are_apart_from_the_prompt() -> None:
    (made,) = pairs(generations=["g1", "g2", "g3"], ratings=[2, 5, 1])
    assert made["prompt"] == [USER]
    assert made["chosen"] == [{"role": "assistant", "content": "g2"}]
    assert made["rejected"] == [{"role": "assistant", "content": "g3"}]
    assert (made["chosen_rating"], made["rejected_rating"], made["margin"]) == (5.0, 1.0, 4.0)
    assert "chosen_model" not in made


def test_texts_are_texts_everywhere() -> None:
    (made,) = pairs({"conversational": False}, generations=["g1", "g2"], ratings=[2, 5])
    assert (made["prompt"], made["chosen"], made["rejected"]) == ("i", "g2", "g1")


def test_models_are_those_of_the_answers() -> None:
    (made,) = pairs(generations=["a", None, "c"], ratings=[1, 9, 2], generation_models=["x", "y"])
    assert (made["chosen_model"], made["rejected_model"]) == (None, "x")


@pytest.mark.parametrize(
    ("generations", "ratings"),
    [(["a", "b"], [3, 3]), (["a"], [3]), ([None, "b"], [1, 3]), (None, None), ([], [])],
)
def test_a_row_without_a_preference_is_dropped(generations: Any, ratings: Any) -> None:
    assert pairs(generations=generations, ratings=ratings) == []


def test_a_small_margin_is_dropped() -> None:
    row = {"generations": ["a", "b"], "ratings": [3, 4]}
    assert len(pairs({"min_margin": 1}, **row)) == 1
    assert pairs({"min_margin": 1.5}, **row) == []
