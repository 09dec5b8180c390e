"""The excess is what a judge does more than people, on the pairs that both decide."""

from __future__ import annotations

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.quality import family_excess, length_excess

LENGTHS = [(100, 10), (100, 10), (10, 100), (10, 100), (100, 90), (100, 10), (100, 10)]
PEOPLE = [0, 1, 0, 1, 0, 2, 1]
JUDGE = [0, 0, 1, 1, 1, 0, 2]


def test_length_excess_counts_decided_pairs_of_different_length() -> None:
    # Rows 0 to 3 count: the judge picks the longer in all of them, people in two.
    found = length_excess(PEOPLE, JUDGE, LENGTHS)
    assert (found.value, found.n) == (0.5, 4)
    assert found.low <= found.value <= found.high


def test_a_judge_like_people_has_no_excess_whatever_they_prefer() -> None:
    found = length_excess([0, 0, 0], [0, 0, 0], [(100, 1)] * 3)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_just_30_characters_are_not_enough() -> None:
    with pytest.raises(DistilabelUserError, match="more than 30 characters"):
        length_excess([0], [0], [(40, 10)])
    assert length_excess([0], [0], [(41, 10)]).n == 1


def test_verdicts_may_have_other_names() -> None:
    found = length_excess(["B", "tie"], ["A", "A"], [(99, 1)] * 2, decided=("A", "B"))
    assert (found.value, found.n) == (1, 1)


def test_family_excess_counts_pairs_with_one_answer_of_the_family() -> None:
    families = [("gpt", "llama"), ("llama", "gpt"), ("gpt", "gpt"), ("llama", "llama")]
    found = family_excess([1, 1, 0, 0], [0, 1, 0, 0], families, "gpt")
    assert (found.value, found.n) == (0.5, 2)


def test_a_function_may_tell_the_family() -> None:
    models = [("gpt-4o", "llama-3"), ("llama-3", "gpt-4")]
    by_name = family_excess([0, 0], [0, 1], models, lambda name: name.startswith("gpt"))
    assert (by_name.value, by_name.n) == (0.5, 2)
    with pytest.raises(DistilabelUserError, match="exactly one answer of the judge's family"):
        family_excess([0], [0], [("a", "b")], "c")
