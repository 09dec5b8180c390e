"""Protects that generated text matches its pattern, and that a pattern without one is an error."""

import random
import re

import pytest

from distilabel._simulated.schema.pattern import generate_match

DRAWS = 60


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{3}-\d{4}$",
        r"^(foo|ba[rz])+\s\w{2,}$",
        r"[^a-z]{3}",
        r"^(a|b)+?.\.\S\D\W[^x]$",
        r"^(?:https?://)?[\w.-]+\.[a-z]{2,}$",
        r"(?i)yes|no",
        # Lookarounds, which pydantic writes for decimals.
        r"^(?=.*\d)[a-z\d]{6}$",
        r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$",
    ],
)
def test_text_matches_its_pattern(pattern: str) -> None:
    rng = random.Random(0)
    for _ in range(DRAWS):
        assert re.search(pattern, generate_match(pattern, rng))


def test_text_has_the_length_asked_for() -> None:
    rng = random.Random(0)
    for _ in range(DRAWS):
        assert len(generate_match("^a+b*", rng, min_length=30)) >= 30
        assert 3 <= len(generate_match("^[ab]+$", rng, min_length=3, max_length=4)) <= 4


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "not a regular expression"),
        (r"^\d{3}$", "at least 5 characters"),
        (r"(a|b)\1", "groupref is not supported"),
        (r"[^\s\S]", "excludes every printable"),
    ],
)
def test_a_pattern_without_a_matching_text_is_an_error(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        generate_match(pattern, random.Random(0), min_length=5)
