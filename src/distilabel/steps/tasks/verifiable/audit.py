"""Audits a verifier on answers that are known to be right or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from distilabel.steps.tasks.verifiable.verifiers import Verifier


@dataclass(slots=True)
class VerifierAudit:
    """How often a verifier was wrong.

    Attributes:
        equivalents: Right answers it was shown.
        wrongs: Wrong answers it was shown.
        false_rejects: Right answers it rejected.
        false_accepts: Wrong answers it accepted.
        mistakes: The answers it misjudged, each with its ground truth and whether it was right.
    """

    equivalents: int = 0
    wrongs: int = 0
    false_rejects: int = 0
    false_accepts: int = 0
    mistakes: list[tuple[str, Any, bool]] = field(default_factory=list)


def audit_verifier(
    verifier: Verifier,
    cases: Iterable[tuple[Any, Sequence[str], Sequence[str]]],
) -> VerifierAudit:
    """Shows a verifier planted answers and counts its mistakes.

    Args:
        verifier: The verifier.
        cases: For each ground truth, answers that mean the same and answers that are wrong; see
            `planted_answers`.

    Returns:
        The counts.
    """
    audit = VerifierAudit()
    for truth, equivalents, wrongs in cases:
        for is_right, answers in ((True, equivalents), (False, wrongs)):
            for answer in answers:
                if verifier(answer, truth) is not is_right:
                    audit.mistakes.append((answer, truth, is_right))
        audit.equivalents += len(equivalents)
        audit.wrongs += len(wrongs)
    audit.false_rejects = sum(is_right for _, _, is_right in audit.mistakes)
    audit.false_accepts = len(audit.mistakes) - audit.false_rejects
    return audit


def planted_answers(truth: str, verifier: str = "math") -> tuple[str, list[str], list[str]]:
    """Returns a case for `audit_verifier`, for ground truths that are numbers or short texts.

    Args:
        truth: The ground truth.
        verifier: What counts as the same: `math` (numbers of the same value), `text` (another
            case, articles and punctuation) or `exact` (nothing but the truth).

    Returns:
        The truth, answers that mean the same, and answers that are wrong.
    """
    equivalents = [
        truth,
        f"  {truth}\n",
        f"The answer is: {truth}",
        f"Let me see.\n\n**Answer:** {truth}",
        f"<think>Perhaps 0?</think>\n\nThe answer is {truth}",
        rf"So we get $\boxed{{{truth}}}$.",
        f"First I thought of 0.\r\n#### {truth}\r\n",
    ]
    wrongs = [
        "",
        "I do not know.",
        "The answer is: ",
        f"<think>The answer is {truth}</think>",
        f"It is tempting to say {truth}.\nThe answer is: none of these",
        rf"{truth}? No: \boxed{{nothing}}",
        f"The answer is: {truth} or 0",
    ]
    try:
        number = int(truth)
    except ValueError:
        wrongs += [f"The answer is: not {truth}", f"The answer is: {truth}{truth}"]
        if truth.isalpha() and truth.upper() != truth:
            (wrongs if verifier == "exact" else equivalents).append(truth.upper())
    else:
        wrongs += [
            f"The answer is: {other}"
            for other in (number + 1, -number if number else 5, number * 10 or 7, f"{number}.5")
        ]
        same = [f"{number}.0", rf"\boxed{{\frac{{{number * 2}}}{{2}}}}"]
        if verifier == "math":
            equivalents += [*same, f"The answer is: {number:,}", f"The answer is: {number} apples"]
        else:
            wrongs += same
    if verifier == "text":
        equivalents += [f"The answer is: {truth}!", f"**Answer:** the {truth}"]
    return truth, equivalents, wrongs
