"""The columns `human_*`: one definition for the review pages and Argilla."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from distilabel._distiset.human_columns import (
    BOTH_BAD,
    BOTH_GOOD,
    HUMAN_COLUMNS,
    HumanAnswer,
    Kind,
    Resolve,
    column_types,
    human_columns,
    into_ratings,
)
from distilabel.errors import DistilabelUserError


def _answer(
    annotator: str, kind: Kind | None, value: Any, unit: int | None = None, **more: Any
) -> HumanAnswer:
    return HumanAnswer(annotator, more.pop("question", kind), value, kind, unit, **more)


def _rated(*values: float) -> list[HumanAnswer]:
    return [_answer(f"person {i}", "rating", value, 0) for i, value in enumerate(values)]


def _chosen(*values: int) -> list[HumanAnswer]:
    return [_answer(f"person {i}", "choice", value) for i, value in enumerate(values)]


def test_a_row_without_answers_has_every_column() -> None:
    assert human_columns([], 2) == {
        "human_ratings": [None, None],
        "human_choice": None,
        "human_edit": [None, None],
        "human_flags": [False, False],
        "human_codes": [],
        "human_notes": [],
        "human_count": 0,
        "human_agreement": None,
        "human_answers": [],
    }
    assert tuple(human_columns([], 0)) == HUMAN_COLUMNS


def test_each_kind_has_its_column_and_people_are_kept_apart() -> None:
    answers = [
        _answer("ann", "rating", 4, 1, seconds=2.5, at="2026-11-28T09:00:00Z"),
        _answer("bob", "rating", 5, 1, version=2),
        _answer("ann", "edit", "better", 0),
        _answer("bob", "flag", True, 1),
        _answer("ann", "code", ["rude", "short"]),
        _answer("bob", "code", ["short"]),
        _answer("ann", "note", "why?", 1),
        _answer("ann", None, "math", question="topic"),
    ]
    columns = human_columns(answers, 2)
    assert columns["human_ratings"] == [None, 4.5]
    assert columns["human_edit"] == ["better", None]
    assert columns["human_flags"] == [False, True]
    assert columns["human_codes"] == ["rude", "short"]
    assert columns["human_notes"] == [{"unit": 1, "text": "why?"}]
    assert columns["human_count"] == 2
    assert columns["human_agreement"] == 0.0
    assert columns["human_answers"][0] == {
        "annotator": "ann",
        "question": "rating",
        "version": 1,
        "unit": 1,
        "value": "4",
        "status": "submitted",
        "seconds": 2.5,
        "at": "2026-11-28T09:00:00Z",
    }
    assert [answer["value"] for answer in columns["human_answers"][-2:]] == ['"why?"', '"math"']


@pytest.mark.parametrize(
    ("resolve", "rating", "choice"),
    [
        ("median", 3.5, 1),
        ("majority", 2.0, 1),
        ("first", 2.0, 0),
        ("none", [2, 5, 6, 2], [0, 1, 1]),
    ],
)
def test_how_answers_of_several_people_become_one(
    resolve: Resolve, rating: Any, choice: Any
) -> None:
    columns = human_columns([*_rated(2, 5, 6, 2), *_chosen(0, 1, 1)], 1, resolve)
    assert columns["human_ratings"] == [rating]
    assert columns["human_choice"] == choice


@pytest.mark.parametrize("resolve", ["median", "majority"])
def test_a_tie_of_choices_or_labels_is_no_answer(resolve: Resolve) -> None:
    labels = [_answer("ann", "label", "bad", 0), _answer("bob", "label", "good", 0)]
    columns = human_columns([*labels, *_chosen(0, BOTH_GOOD)], 1, resolve)
    assert (columns["human_ratings"], columns["human_choice"]) == ([None], None)
    assert columns["human_agreement"] == 0.0


def test_the_last_answer_of_a_person_counts() -> None:
    first = _answer("ann", "rating", 1, 0)
    columns = human_columns([first, replace(first, value=5)], 1)
    assert (columns["human_ratings"], columns["human_count"]) == ([5.0], 1)
    assert columns["human_agreement"] is None
    assert len(columns["human_answers"]) == 2
    edit = _answer("ann", "edit", "a", 0)
    edits = [edit, _answer("bob", "edit", "b", 0), replace(edit, value="c")]
    assert human_columns(edits, 1)["human_edit"] == ["c"]
    assert human_columns(edits, 1, "first")["human_edit"] == ["b"]


@pytest.mark.parametrize("status", ["discarded", "later", "cleared"])
def test_an_answer_that_was_taken_back_is_listed_only(status: str) -> None:
    answers = [_answer("ann", "rating", 4, 0), _answer("ann", "rating", 4, 0, status=status)]
    columns = human_columns(answers, 1)
    assert (columns["human_ratings"], columns["human_count"]) == ([None], 0)
    assert [answer["status"] for answer in columns["human_answers"]] == ["submitted", status]


def test_agreement_is_the_share_of_pairs_that_agree() -> None:
    # 14 people in groups of 2, 6, 4 and 2: 1 + 15 + 6 + 1 of 91 pairs agree.
    people = _rated(*[1] * 2, *[2] * 6, *[3] * 4, *[4] * 2)
    assert human_columns(people, 1)["human_agreement"] == pytest.approx(23 / 91)
    pairs = [*_rated(1, 1), *_chosen(0, 1)]
    assert human_columns(pairs, 1)["human_agreement"] == 0.5


def test_labels_are_words_or_numbers() -> None:
    answers = [_answer("ann", "label", "good", 0, question="quality")]
    assert human_columns(answers, 1)["human_ratings"] == ["good"]
    labels = {"quality": ["bad", "good"]}
    assert human_columns(answers, 1, labels=labels)["human_ratings"] == [1.0]
    with pytest.raises(DistilabelUserError, match="'good' to the question 'quality'"):
        human_columns(answers, 1, labels={"quality": ["yes"]})


def test_a_flag_of_the_row_is_one_of_every_generation() -> None:
    flags = [_answer("ann", "flag", True), _answer("bob", "flag", False, 0)]
    assert human_columns(flags, 2)["human_flags"] == [True, True]


def test_unknown_way_to_resolve_is_refused() -> None:
    with pytest.raises(DistilabelUserError, match="`resolve` is 'mean'"):
        human_columns([], 1, "mean")  # type: ignore[arg-type]


def test_people_count_more_than_the_judge() -> None:
    row = {"ratings": [1, 2, 3], **human_columns([_answer("ann", "rating", 5, 1)], 3)}
    assert into_ratings(row) == {"ratings": [1, 5.0, 3], "judge_ratings": [1, 2, 3]}
    again = into_ratings({**row, **into_ratings(row)})
    assert again["judge_ratings"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("choice", "ratings"), [(1, [0.0, 1.0]), (BOTH_GOOD, [1.0, 1.0]), (BOTH_BAD, [0.0, 0.0])]
)
def test_a_choice_becomes_ratings(choice: int, ratings: list[float]) -> None:
    row = {"ratings": [5, 1], **human_columns(_chosen(choice), 2)}
    assert into_ratings(row)["ratings"] == ratings


def test_words_and_unresolved_answers_do_not_become_ratings() -> None:
    word = human_columns([_answer("ann", "label", "good", 0)], 1)
    for columns in (word, human_columns(_rated(1, 2), 1, "none")):
        with pytest.raises(DistilabelUserError, match="cannot become a rating"):
            into_ratings(columns)


@pytest.mark.parametrize("resolve", ["median", "none"])
@pytest.mark.parametrize("words", [False, True])
def test_every_column_fits_its_arrow_type(resolve: Resolve, words: bool) -> None:
    opinion = _answer("ann", "label", "good", 0) if words else _answer("ann", "rating", 4, 0)
    others = [
        _answer("ann", "choice", 0),
        _answer("ann", "edit", "text", 0),
        _answer("ann", "flag", True, 0),
        _answer("ann", "code", ["rude"]),
        _answer("ann", "note", "why", 0, at="2026-11-28", seconds=1.0),
    ]
    rows = [human_columns([], 2, resolve), human_columns([opinion, *others], 2, resolve)]
    schema = pa.schema(list(column_types(resolve, words).items()))
    assert pa.Table.from_pylist(rows, schema=schema).to_pylist() == rows
    assert tuple(schema.names) == HUMAN_COLUMNS
