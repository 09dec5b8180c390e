"""Protects the nouns: many single words, each of them once."""

from __future__ import annotations

from distilabel.steps.tasks.evol_instruct.english_nouns import ENGLISH_NOUNS


def test_the_nouns() -> None:
    assert len(ENGLISH_NOUNS) == len(set(ENGLISH_NOUNS)) > 700
    assert all(noun.isascii() and noun.isalpha() and noun.islower() for noun in ENGLISH_NOUNS)
