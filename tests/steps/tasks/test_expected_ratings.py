"""Protects expected ratings: the right tokens, their mean, and none where they cannot be told."""

from __future__ import annotations

import math
from typing import Any

import pytest

from distilabel.steps.tasks.expected_ratings import expected_ratings

SCALE = range(1, 6)


def token(**probabilities: float) -> list[dict[str, Any]]:
    """Alternatives of a token; `_4` stands for the text ` 4`."""
    return [
        {"token": name.replace("_", " ").replace("n", ""), "logprob": math.log(p)}
        for name, p in probabilities.items()
    ]


def words(*texts: str) -> list[list[dict[str, Any]]]:
    return [[{"token": text, "logprob": 0.0}] for text in texts]


def test_the_mean_is_over_the_alternatives_on_the_scale() -> None:
    tokens = [*words("Rating", ":"), token(_4=0.6, _5=0.3, _x=0.1)]
    [found] = expected_ratings("Rating: 4", tokens, [4], SCALE)
    assert found is not None
    assert found.value == pytest.approx(13 / 3)
    assert found.mass == pytest.approx(0.9)


def test_the_token_that_was_drawn_need_not_be_the_likeliest() -> None:
    tokens = [*words("Rating", ":"), token(_5=0.8, _4=0.2), *words(" and more")]
    [found] = expected_ratings("Rating: 4 and more", tokens, [4], SCALE)
    assert found is not None
    assert found.value == pytest.approx(4.8)


def test_each_text_has_the_token_of_its_own_rating() -> None:
    tokens = [
        *words("Rating: "), token(n2=1.0), *words("\nRationale: 3 faults\nRating: "), token(n5=1.0),
    ]  # fmt: skip
    text = "Rating: 2\nRationale: 3 faults\nRating: 5"
    found = expected_ratings(text, tokens, [2, None, 5], SCALE)
    assert [each and each.value for each in found] == [2, None, 5]


@pytest.mark.parametrize(
    "text", ["Feedback. [RESULT] 4", '{"ratings": [4], "x": 1}', "**Score:** 4", "Rating: 4/5"]
)
def test_the_forms_that_judges_write_are_found(text: str) -> None:
    place = text.index("4")
    tokens = [*words(text[:place]), token(n4=0.5, n3=0.5), *words(text[place + 1 :] or "\n")]
    [found] = expected_ratings(text, tokens, [4], SCALE)
    assert found is not None
    assert found.value == 3.5


def test_all_ratings_of_a_list_are_found() -> None:
    tokens = [*words('{"ratings": ['), token(n4=1.0), *words(", "), token(n2=1.0), *words("]}")]
    found = expected_ratings('{"ratings": [4, 2]}', tokens, [4, 2], SCALE)
    assert [each and each.value for each in found] == [4, 2]


@pytest.mark.parametrize(
    ("text", "tokens", "ratings"),
    [
        ("Rating: 4", None, [4]),
        ("Rating: 4", words("Something", " else"), [4]),
        ("Rating: 4", words("Rating: 4"), [4]),  # the token has other text in it
        ("Rating: 4\nRating: 5", words("Rating: ", "4", "\nRating: ", "5"), [4]),
        ("Four.", words("Four."), [4]),
        ("Rating: 4", words("Rating: ", "4"), [None]),
    ],
)
def test_what_cannot_be_told_is_none(text: str, tokens: Any, ratings: Any) -> None:
    assert expected_ratings(text, tokens, ratings, SCALE) == [None]
