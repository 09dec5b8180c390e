"""Labels, numbers and choices in any writing; nothing that is not clearly there."""

from __future__ import annotations

from typing import Any

import pytest

from distilabel.steps.tasks.answer_fields import (
    find_fields,
    judge_answer,
    read_choice,
    read_number,
    read_score,
    strip_markup,
    structured_score,
    to_ascii_forms,
)
from judge_variants import LABELS, NO_NUMBERS, NUMBERS, ZEROS, check, in_script, labeled, refuses


def test_forms_keep_the_length_and_everything_that_has_no_ascii_form() -> None:
    text = "\u0664\uff14\u096a \u3010a\uff1a\u3011 \u2013\u00a0\u200b \u00b2 \u00e9 \U0001f989\n"
    assert to_ascii_forms(text) == "444 [a:] -   \u00b2 \u00e9 \U0001f989\n"
    for code in range(0x3000):
        assert len(to_ascii_forms(chr(code))) == 1


def test_numbers_in_every_writing() -> None:
    check(
        lambda text: read_score(text, 1, 5), [(f.format(n=4, m=5), 4) for f in NUMBERS], at_least=20
    )
    check(lambda text: read_score(text, 1, 5), [(in_script("4", z), 4) for z in ZEROS], at_least=7)
    assert read_number("4.5", 5) == read_number("4,5/5", 5) == 4.5
    assert read_number("7/10") == 7
    assert read_number("\\boxed{4}") == 4


def test_what_is_no_number_of_the_scale() -> None:
    refuses(lambda text: read_score(text, 1, 5), [*NO_NUMBERS, "0", "6", "4.5", "3/4", "4 + 1"])


@pytest.mark.parametrize("value", [4, 4.0, "4", "4/5", " **4** ", "\u0664"])
def test_a_structured_score_may_be_written_otherwise(value: Any) -> None:
    assert structured_score(value, 1, 5) == 4


@pytest.mark.parametrize("value", [True, None, [4], {"a": 4}, 4.5, 1e300, "four", -4, 0, 6])
def test_other_values_are_no_score(value: Any) -> None:
    assert structured_score(value, 1, 5) is None


@pytest.mark.parametrize("form", LABELS)
def test_labels_in_every_writing(form: str) -> None:
    text = f"Hello.\n{labeled(form, 'Final Score', '4')}\n{labeled(form, 'Why', 'so')}"
    fields = find_fields(text, ["Score", "Final score", "why"])
    assert [(field.label, field.value) for field in fields] == [("Final score", "4"), ("why", "so")]
    assert text[fields[1].value_start :].strip(" \n*`").endswith("so")


def test_labels_are_whole_words_at_the_start_of_a_line() -> None:
    text = "The score: 4\nUnderscore: 4\nscores: 4\nScore 4\nscore\nScorecard: 4"
    assert find_fields(text, ["score"]) == []


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        (" a ", "a"),
        ("a**", "a"),
        ("**a", "a"),
        ("**a** b", "**a** b"),
        ("a\n```", "a"),
        ("```json\na", "a"),
        ("```\na\n```", "```\na\n```"),
    ],
)
def test_only_markup_of_the_outside_is_removed(text: str, stripped: str) -> None:
    assert strip_markup(text) == stripped


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("A", "A"),
        ("[[B]]", "B"),
        ("a tie", "tie"),
        ("Tie between A and B", "tie"),
        ("Response A is better than response B", "A"),
        ("A over B", "A"),
        ("A or B", None),
        ("tie or A", None),
        ("a bit of both", None),
        ("a better one", None),
        ("A is not better than B", None),
        ("A < B", None),
        ("not A", None),
        ("A-level", None),
        ("tie-break: A", None),
        ("", None),
    ],
)
def test_a_choice_is_clear_or_none(text: str, choice: str | None) -> None:
    assert read_choice(text, ["A", "B", "tie"]) == choice


def test_the_answer_stands_behind_the_reasoning_and_in_a_fence() -> None:
    assert judge_answer("<think>x</think>\r\n```json\r\na\r\nb\r\n```\r\n") == "a\nb"
    assert judge_answer("```\na\n```\nb\n```\nc\n```") == "```\na\n```\nb\n```\nc\n```"
    with pytest.raises(ValueError, match="reasoning but no text"):
        judge_answer("<think>x")


@pytest.mark.parametrize(
    "text", ["the " * 5000, "*" * 20000, "[" * 20000, "score " * 5000, "- " * 9000]
)
def test_no_text_takes_long_to_read(text: str) -> None:
    # With backtracking, one of them would take minutes, and the test would time out.
    read_choice(text, ["A", "B", "tie"])
    read_number(text, 5)
    find_fields(text, ["Score", "Rationale"])
