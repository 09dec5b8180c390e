"""Parsing ratings: one per text, under its own number, whatever surrounds them."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.tasks.rating_parser import (
    TextRating,
    parse_ratings,
    structured_rating,
    whole_number,
)


def plain(output: str, count: int | None) -> list[tuple[int | None, str | None]]:
    return [(j.rating, j.rationale) for j in parse_ratings(output, count, typed=False)]


def test_blocks_under_headings() -> None:
    output = (
        "#### Output for Text 1\nRating: 4\nRationale: fine\n\n"
        "#### Output for Text 2\nRating: N/A\nRationale: poem"
    )
    assert plain(output, 2) == [(4, "fine"), (None, "poem")]


def test_a_number_belongs_to_its_text_when_blocks_are_missing_or_swapped() -> None:
    output = (
        "#### Output for Text 3\nRating: 3\nRationale: c\n\n"
        "#### Output for Text 1\nRating: 1\nRationale: a"
    )
    assert plain(output, 3) == [(1, "a"), (None, None), (3, "c")]


def test_blocks_without_headings_come_in_order() -> None:
    assert plain("Rating: 4\nRationale: a\n\nRating: 2\nRationale: b", 2) == [(4, "a"), (2, "b")]
    assert plain("Rating: 4\nRationale: a\nRating: 2\nRationale: b", 2) == [(4, "a"), (2, "b")]


def test_a_text_without_a_rating_does_not_shift_the_others() -> None:
    output = "I cannot rate the first one.\n\nRating: 2\nRationale: b"
    assert plain(output, 2) == [(None, None), (2, "b")]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_there_are_as_many_ratings_as_texts(count: int) -> None:
    judged = plain("Rating: 1\nRationale: a\n\nRating: 2\nRationale: b", count)
    assert judged == [(1, "a"), (2, "b"), (None, None), (None, None), (None, None)][:count]
    assert plain("nothing", count) == [(None, None)] * count


def test_text_around_the_blocks_is_ignored() -> None:
    output = (
        "Here is what I think.\n\n#### Output for Text 1\nRating: 4\nRationale: a\n\n"
        "#### Output for Text 2\nRating: 2\nRationale: b\n"
    )
    assert plain(output, 2) == [(4, "a"), (2, "b")]


@pytest.mark.parametrize(
    "heading",
    [
        "#### Output for Text {}",
        "### Output for Text {}:",
        "**Output for Text {}**",
        "**Output for Text {}:**",
        "#### **Output for Text {}**",
        "Output for Text {}",
        "#### Text {}",
        "**Text {}**",
        "OUTPUT FOR TEXT {}",
    ],
)
def test_headings_in_every_format(heading: str) -> None:
    output = f"{heading.format(2)}\nRating: 2\nRationale: b\n\n{heading.format(1)}\nRating: 1"
    assert plain(output, 2) == [(1, None), (2, "b")]


@pytest.mark.parametrize(
    "block",
    [
        "**Rating**: 3\n**Rationale**: why",
        "**Rating:** 3\n**Rationale:** why",
        "**Rating: 3**\n**Rationale: why**",
        "- Rating: 3\n- Rationale: why",
        "- **Rating:** **3**\n- **Rationale:** why",
        "rating: 3/5\nrationale: why",
        "Rating: 3 out of 5\nRationale:\nwhy",
        "Rationale: why\nRating: 3",
        "Rating\uff1a3\nRationale\uff1awhy",
    ],
)
def test_labels_in_every_format(block: str) -> None:
    assert plain(block, 1) == [(3, "why")]
    assert plain(f"#### Output for Text 1\n{block}", 1) == [(3, "why")]


def test_a_rationale_of_several_lines_is_kept_up_to_the_next_heading() -> None:
    output = (
        "#### Output for Text 1\nRating: 4\nRationale: one\n\n- **two**\n- three\n\n"
        "#### Output for Text 2\nRating: 5\nRationale: b"
    )
    assert plain(output, 2) == [(4, "one\n\n- **two**\n- three"), (5, "b")]
    without = "Rating: 4\nRationale: one\n\ntwo\n\nRating: 5\nRationale: b"
    assert plain(without, 2) == [(4, "one\n\ntwo"), (5, "b")]


def test_a_rationale_may_speak_of_texts_and_ratings() -> None:
    output = "Rating: 4\nRationale: Better than Text 2, hence the rating: 4 it is."
    assert plain(output, 1) == [(4, "Better than Text 2, hence the rating: 4 it is.")]
    wrapped = "Rating: 4\nRationale: Better than\n  Text 2"
    assert plain(wrapped, 1) == [(4, "Better than\n  Text 2")]


def test_a_truncated_answer_keeps_its_complete_parts() -> None:
    assert plain("Rating: 4\nRationale: a\n\nRating: 3", 2) == [(4, "a"), (3, None)]


def test_types_have_their_own_rationales() -> None:
    output = (
        "Type: 1\nRationale: why\nRating: 3 out of 5\nRationale: because\n\n"
        "Type: None\nRationale: none\nRating: 5\nRationale: perfect"
    )
    assert parse_ratings(output, 2, typed=True) == [
        TextRating(rating=3, rationale="because", type=1, type_rationale="why"),
        TextRating(rating=5, rationale="perfect", type=None, type_rationale="none"),
    ]


def test_the_second_rationale_may_have_a_longer_label() -> None:
    output = "**Type**: 2, 3\n**Rationale**: w\n**Rating**: 3\n**Rationale for Rating**: b"
    assert parse_ratings(output, 1, typed=True) == [
        TextRating(rating=3, rationale="b", type=2, type_rationale="w")
    ]


def test_a_missing_rationale_does_not_take_the_other_one() -> None:
    assert parse_ratings("Type: 1\nRating: 3\nRationale: b", 1, typed=True) == [
        TextRating(rating=3, rationale="b", type=1)
    ]
    assert parse_ratings("Type: 1\nRationale: w\nRating: 3", 1, typed=True) == [
        TextRating(rating=3, type=1, type_rationale="w")
    ]


def test_a_rating_without_a_requested_type_is_ignored() -> None:
    output = "#### Output for Text 1\nRating: 4\nRationale: fine"
    assert parse_ratings(output, 1, typed=True) == [TextRating()]


def test_without_a_count_all_ratings_are_returned() -> None:
    assert plain("Rating: 1\nRationale: a\n\nRating: 2\nRationale: b", None) == [(1, "a"), (2, "b")]
    assert plain("#### Output for Text 2\nRating: 2\nRationale: b", None) == [
        (None, None),
        (2, "b"),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", 4),
        ("4.0", 4),
        ("**4**/5", 4),
        ("4 stars", 4),
        ("Between 3 and 4", 3),
        ("4.5", None),
        ("4,5", None),
        ("-1", None),
        ("four", None),
        ("", None),
    ],
)
def test_a_rating_is_never_rounded(text: str, number: int | None) -> None:
    assert whole_number(text, decimal_comma=True) == number


def test_types_may_be_listed_without_spaces() -> None:
    assert whole_number("1,3") == 1


@pytest.mark.parametrize("value", [4, 4.0, "4", "4.0", " 4/5 ", "**4**", "4 out of 5"])
def test_a_structured_rating_may_be_written_otherwise(value: Any) -> None:
    assert structured_rating(value) == 4
    assert type(structured_rating(value)) is int


@pytest.mark.parametrize(
    "value", [4.5, "4.5", "4.5/5", True, None, [4], {"rating": 4}, "four", "", "3 or 4", -1]
)
def test_other_values_are_no_rating(value: Any) -> None:
    assert structured_rating(value) is None


def test_a_judge_that_rates_a_text_twice_is_taken_at_its_first_word() -> None:
    """What follows may be about another text, or a summary."""
    fields = "Rating: 4\nRationale: a\nRating: 2\nRationale: b"
    assert plain(f"#### Output for Text 1\n{fields}", 1) == [(4, "a")]
    headings = "".join(
        f"#### Output for Text {number}\nRating: {rating}\nRationale: {text}\n\n"
        for number, rating, text in [(1, 4, "a"), (2, 3, "b"), (1, 1, "c")]
    )
    assert plain(headings, 2) == [(4, "a"), (3, "b")]
    assert plain(headings, None) == [(4, "a"), (3, "b")]


def test_of_a_type_given_twice_the_first_counts() -> None:
    output = (
        "#### Output for Text 1\nType: 1\nRationale: w\nType: 2\nRationale: x\n"
        "Rating: 3\nRationale: y\nRating: 4\nRationale: z"
    )
    assert parse_ratings(output, 1, typed=True) == [
        TextRating(rating=3, rationale="y", type=1, type_rationale="w")
    ]


def test_empty_lines_between_the_labels_of_a_text_begin_no_other_text() -> None:
    # The third text has no rating: those of the others stay where they are.
    output = "Rating: 4\n\nRationale: a\n\nRating: 3\n\nRationale: b"
    assert plain(output, 3) == [(4, "a"), (3, "b"), (None, None)]
