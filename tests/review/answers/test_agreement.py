"""The page about agreement shows the figures of `distilabel.quality`, of random rows alone."""

from __future__ import annotations

import random
from typing import Any

import pytest

from distilabel import quality
from distilabel.review.answers.agreement import TIE, category, report, verdicts
from distilabel.review.answers.answer import Answer
from distilabel.review.answers.questions import Question

CHOICE = Question("choice", "choice")
RATING = Question("rating", "rating", [1, 2, 3, 4, 5])


def _answers(
    people: list[Any], judge: list[Any], question: Question = CHOICE, by: str = "ada"
) -> list[Answer]:
    return [
        Answer(f"{by}{i}", f"u{i}", question.name, p, annotator=by, judge=j)
        for i, (p, j) in enumerate(zip(people, judge, strict=True))
    ]


# Two raters and 100 items, whose kappa follows from the counts: 0.06 / 0.46.
COHEN = [(0, 0)] * 45 + [(0, 1)] * 15 + [(1, 0)] * 25 + [(1, 1)] * 15


def test_kappa_and_rates_of_a_published_example() -> None:
    people, judge = map(list, zip(*COHEN, strict=True))
    found = report(CHOICE, verdicts(CHOICE, _answers(people, judge), {}), [])["judge"]
    assert found["raw"]["value"] == pytest.approx(0.6, abs=1e-9)
    # (0.60 - 0.54) / (1 - 0.54)
    assert found["kappa"]["value"] == pytest.approx(0.06 / 0.46, abs=1e-9)
    assert found["matrix"] == [[45, 15], [25, 15]]
    rates = found["rates"][0]
    assert rates["true_positive"]["value"] == pytest.approx(45 / 60, abs=1e-9)
    assert rates["true_negative"]["value"] == pytest.approx(15 / 40, abs=1e-9)
    assert found["kappa"]["low"] < found["kappa"]["value"] < found["kappa"]["high"]


def test_ratings_are_weighted() -> None:
    rng = random.Random(0)
    people = [rng.randint(1, 5) for _ in range(80)]
    judge = [min(5, max(1, p + rng.choice([-1, 0, 0, 1]))) for p in people]
    found = report(RATING, verdicts(RATING, _answers(people, judge, RATING), {}), [])
    expected = quality.kappa([float(p) for p in people], judge, weights="quadratic").value
    assert found["judge"]["kappa"]["value"] == pytest.approx(expected, abs=1e-9)
    assert found["judge"]["weights"] == "quadratic"
    widest = found["gaps"][0]
    assert abs(widest["person"] - widest["judge"]) == 1


def test_people_with_each_other_and_with_themselves() -> None:
    one = _answers([0, 1, 0, 1, -1], [None] * 5)
    other = _answers([0, 1, 1, 1], [None] * 4, by="bob")
    again = Answer("r", "u0", "choice", 1, annotator="ada", strategy="repeat")
    found = report(CHOICE, verdicts(CHOICE, [*one, *other], {}), [again])
    assert found["judge"] is None
    people = found["people"]
    assert people["shared"] == 4
    alpha = quality.alpha([0, 1, 0, 1], [0, 1, 1, 1])
    assert people["alpha"] == pytest.approx(alpha, abs=1e-9)
    assert people["pairs"][0]["raw"]["value"] == 0.75
    assert found["self"] == [{"person": "ada", "share": pytest.approx({**_wilson(0, 1)})}]


def _wilson(successes: int, count: int) -> dict[str, float]:
    found = quality.wilson(successes, count)
    return {"value": found.value, "low": found.low, "high": found.high, "n": count}


def test_bias_is_what_the_judge_prefers_more_often_than_people() -> None:
    # The judge always takes the longer answer, people the shorter one half of the time.
    people = [0, 1] * 30
    about = {f"u{i}": {"lengths": [500, 100], "models": ["a", "b"]} for i in range(60)}
    found = report(CHOICE, verdicts(CHOICE, _answers(people, [0] * 60), about), [])
    bias = {each["name"]: each["value"] for each in found["bias"]}
    assert bias["the longer answer"] == pytest.approx(0.5)
    assert bias["answers of a"] == pytest.approx(0.5)
    assert bias["answers of b"] == pytest.approx(-0.5)


def test_categories() -> None:
    assert [category(CHOICE, v) for v in (0, -1, -2, None)] == [0, TIE, TIE, None]
    assert category(Question("label", "label"), ["a", "b"]) == "a, b"


def test_one_answer_is_not_an_error() -> None:
    found = report(CHOICE, verdicts(CHOICE, _answers([0], [0]), {}), [])
    assert found["judge"]["kappa"] is None
    assert found["judge"]["raw"]["value"] == 1
