"""Protects how durations, money, counts and tables read."""

from __future__ import annotations

import pytest

from distilabel._engine.reporting.formatting import (
    format_count,
    format_duration,
    format_money,
    format_table,
    shorten,
)


def test_a_shortened_name_keeps_both_ends() -> None:
    assert shorten("text_generation_0", 30) == "text_generation_0"
    assert shorten("text_generation_with_many_words_17", 12) == "text_g…ds_17"
    assert len(shorten("x" * 50, 30)) == 30


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.84, "0.8 s"),
        (42, "42 s"),
        (185, "3 min 05 s"),
        (3599.9, "59 min 59 s"),
        (7620, "2 h 07 min"),
    ],
)
def test_a_duration_has_the_unit_that_fits(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (1234.5, "$1,234.50"),
        (0.0213, "$0.0213"),
        (0.0000213, "$0.000021"),
    ],
)
def test_small_amounts_keep_their_digits(dollars: float | None, text: str) -> None:
    assert format_money(dollars) == text


def test_a_count_agrees_with_its_noun() -> None:
    assert [format_count(n, "row") for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]


def test_numbers_stand_under_each_other_and_the_last_column_is_text() -> None:
    lines = format_table([["step", "a", "bb"], ["rows", "1", "20"]], last=["model", "m", "n"])
    assert lines == [
        "step  rows  model",
        "----  ----  -----",
        "a        1  m",
        "bb      20  n",
    ]
