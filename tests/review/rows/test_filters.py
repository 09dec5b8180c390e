"""Filters leave the rows they say, negated ones the others, and errors name the column."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from distilabel.errors import DistilabelUserError
from distilabel.review.rows.facts import Facts
from distilabel.review.rows.filters import Filter, matching
from reviewing import in_memory, preference_rows

ROWS = preference_rows(30)
FACTS = Facts(in_memory(ROWS), ("id", "ratings", "topic", "generation_models"))


def _reviewed(name: str, value: str) -> Iterable[int]:
    return [3, 4] if (name, value) == ("is", "reviewed") else []


def _found(*texts: str, sort: str = "") -> list[int]:
    filters = [Filter.parse(text) for text in texts]
    return [int(i) for i in matching(filters, FACTS, _reviewed, 30, sort)]


def test_each_operator() -> None:
    assert _found("id>=28") == [28, 29]
    assert _found("id<2") == [0, 1]
    assert _found("ratings.gap=4") == [i for i in range(30) if _gap(i) == 4]
    assert _found("topic=mice") == list(range(1, 30, 3))
    assert _found("topic~MIC") == list(range(1, 30, 3))
    assert _found("generation_models=secret-model-one") == list(range(30))
    assert _found("generation_models=other") == []


def _gap(i: int) -> float:
    return float(max(ROWS[i]["ratings"]) - min(ROWS[i]["ratings"]))


def test_filters_are_combined_and_negated() -> None:
    assert _found("id<6", "!topic=mice", "!is:reviewed") == [0, 2, 5]
    assert _found("is:reviewed") == [3, 4]


def test_rows_are_sorted_and_those_without_a_value_come_last() -> None:
    assert _found("id<4", sort="-id") == [3, 2, 1, 0]
    by_topic = _found("id<6", sort="topic")
    assert [ROWS[i]["topic"] for i in by_topic] == ["birds"] * 2 + ["mice"] * 2 + ["night"] * 2
    facts = Facts(in_memory([{"x": None}, {"x": 2.0}, {"x": 1.0}]), ("x",))
    assert list(matching([], facts, _reviewed, 3, "-x")) == [1, 2, 0]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("nonsense", "is not a filter"),
        ("nothing=3", "no column 'nothing' to filter by"),
        ("id>=many", "id is a number and cannot be compared with 'many'"),
        ("topic>3", "topic is a text"),
    ],
)
def test_errors_say_what_is_wrong(text: str, error: str) -> None:
    with pytest.raises(DistilabelUserError, match=error):
        _found(text)


def test_an_unknown_sort_is_an_error() -> None:
    with pytest.raises(DistilabelUserError, match="no column 'nothing' to sort by"):
        _found(sort="nothing")
