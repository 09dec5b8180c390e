"""`flatten_responses`: the last response to each question."""

from distilabel.utils.lists import flatten_responses


def test_the_last_one_counts() -> None:
    assert flatten_responses([["a"], ["b", "c"]]) == ["a", "c"]
    assert flatten_responses([]) == []
