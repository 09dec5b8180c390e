"""The audit of verifiers: it counts mistakes, and the built-in one for numbers makes none."""

from __future__ import annotations

import pytest

from distilabel.steps.tasks.verifiable.audit import audit_verifier, planted_answers
from distilabel.steps.tasks.verifiable.verifiers import VERIFIERS, verify_exact, verify_math

TRUTHS = ["7", "1200", "-3", "0", "Paris", "blue whale", "x^2+1"]


def test_the_verifier_of_numbers_makes_no_mistake_on_planted_answers() -> None:
    audit = audit_verifier(verify_math, map(planted_answers, TRUTHS))
    assert (audit.false_rejects, audit.false_accepts, audit.mistakes) == (0, 0, [])
    assert audit.equivalents > 60
    assert audit.wrongs > 60


def test_mistakes_are_counted_and_shown() -> None:
    audit = audit_verifier(lambda answer, truth: str(truth) in answer, [planted_answers("7")])
    assert audit.false_accepts > 3
    assert (r"7? No: \boxed{nothing}", "7", False) in audit.mistakes
    strict = audit_verifier(verify_exact, [("7", ["7.0"], ["8"])])
    assert (strict.false_rejects, strict.false_accepts) == (1, 0)
    assert strict.mistakes == [("7.0", "7", True)]


def test_what_counts_as_the_same_depends_on_the_verifier() -> None:
    truths = [*TRUTHS, "3/4", "2.50", "NaCl", "St. Louis", "C++", "J. R. R. Tolkien"]
    for name in ("math", "text", "exact"):
        audit = audit_verifier(VERIFIERS[name], [planted_answers(t, name) for t in truths])
        assert audit.mistakes == [], name
    # A full stop at the end of a line is not part of an answer, so that this truth has none.
    assert audit_verifier(verify_exact, [planted_answers("U.S.", "exact")]).false_rejects


@pytest.mark.parametrize("truth", TRUTHS)
def test_no_planted_answer_is_both_right_and_wrong(truth: str) -> None:
    _, equivalents, wrongs = planted_answers(truth)
    assert not set(equivalents) & set(wrongs)
