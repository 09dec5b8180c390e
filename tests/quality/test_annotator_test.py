"""The alternative annotator test, on people and judges whose result can be told by hand."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import alt_test

Labels = dict[Hashable, Any]

TRUTH: Labels = {item: item % 3 for item in range(60)}


def person(start: int) -> Labels:
    """Wrong on every sixth item, each person on other ones."""
    return {
        i: (label + 1) % 3 if (int(str(i)) + start) % 6 == 0 else label
        for i, label in TRUTH.items()
    }


PEOPLE: dict[Hashable, Labels] = {"ada": person(0), "bob": person(1), "eve": person(2)}


def test_a_judge_without_mistakes_beats_everyone() -> None:
    found = alt_test(TRUTH, PEOPLE)
    # It is behind a person where both others are against it, which never happens.
    assert (found.omega, found.rho, found.passed) == (1, 1, True)
    ada = found.people["ada"]
    assert (ada.judge, ada.person, ada.n) == (1, 50 / 60, 60)


def test_a_judge_that_is_always_wrong_beats_no_one() -> None:
    found = alt_test({i: (label + 2) % 3 for i, label in TRUTH.items()}, PEOPLE)
    assert (found.omega, found.passed) == (0, False)
    # It ties with a person where that person's label is as lonely as its own.
    assert found.rho == pytest.approx(10 / 60)


def test_the_p_value_is_that_of_students_t() -> None:
    # 40 items, 10 lost: the mean difference is .25, far from proving less than .2 or .25.
    people: dict[Hashable, Labels] = {p: dict.fromkeys(range(40), 0) for p in ("a", "b")}
    judge: Labels = {i: int(i < 10) for i in range(40)}
    assert alt_test(judge, people, epsilon=0.25).people["a"].p_value == pytest.approx(0.5)
    error = math.sqrt(0.25 * 0.75 / 39)
    t = (0.25 - 0.4) / error
    found = alt_test(judge, people, epsilon=0.4).people["a"].p_value
    # The normal distribution is close to Student's t with 39 degrees of freedom.
    assert found == pytest.approx(0.5 * math.erfc(-t / math.sqrt(2)), abs=0.005)
    assert alt_test(judge, people, epsilon=0.4).omega == 1


def test_numbers_are_scored_by_distance() -> None:
    people: dict[Hashable, Labels] = {
        "low": dict.fromkeys(range(30), 1),
        "middle": dict.fromkeys(range(30), 3),
        "high": dict.fromkeys(range(30), 5),
    }
    judge: Labels = dict.fromkeys(range(30), 4)
    found = alt_test(judge, people, labels="numbers")
    # Closer than `low` and `high` to the others; from 1 and 5 `middle` is closer.
    assert {name: c.judge for name, c in found.people.items()} == {"low": 1, "middle": 0, "high": 1}
    assert found.omega == pytest.approx(2 / 3)
    with pytest.raises(DistilabelUserError, match="not a number"):
        alt_test({0: "x"}, people, labels="numbers")


def test_people_with_few_items_are_skipped_and_named() -> None:
    some: Labels = {i: TRUTH[i] for i in range(29)}
    found = alt_test(TRUTH, {**PEOPLE, "new": some})
    assert found.skipped == {"new": 29}
    assert set(found.people) == set(PEOPLE)
    with pytest.raises(DistilabelUserError, match="30 items of a person are needed"):
        alt_test(TRUTH, {"new": some, "newer": some})


def test_items_of_one_person_or_without_a_verdict_do_not_count() -> None:
    judge = {i: label for i, label in TRUTH.items() if int(str(i)) < 50} | {0: None}
    found = alt_test(judge, {**PEOPLE, "ada": {**PEOPLE["ada"], 49: None}})
    assert {name: c.n for name, c in found.people.items()} == {"ada": 48, "bob": 49, "eve": 49}
