"""The scores of a judge on gold items: how many rows with each people accept, and where to cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from distilabel.errors import DistilabelUserError
from distilabel.quality.coefficients import kappa
from distilabel.quality.measuring import JudgedItem
from distilabel.quality.verdict_forms import is_decided


class Scored(NamedTuple):
    """The gold items with one score.

    Attributes:
        score: The judge's score.
        rows: Number of items with it.
        right: Number of those that people accept.
    """

    score: float
    rows: int
    right: int


def scores_of(items: Sequence[JudgedItem]) -> list[Scored]:
    """Counts the scores of a judge, and how many rows with each people accept.

    Args:
        items: Judged items of one kind. For a pair, a decided verdict has score 1 and a tie 0, and
            items count that people decided; it is right where they decided the same.

    Returns:
        The scores, the highest first; [] for ratings, which do not say what is right.
    """
    counts: dict[float, list[int]] = {}
    for item in items:
        kind, label, verdict = item.gold.first.kind, item.gold.label, item.verdict
        if kind == "rating":
            return []
        if verdict is None or (kind == "pair" and not is_decided(label)):
            continue
        score = float(is_decided(verdict)) if kind == "pair" else float(verdict)
        count = counts.setdefault(score, [0, 0])
        count[0] += 1
        count[1] += verdict == label if kind == "pair" else bool(label)
    return [Scored(score, *counts[score]) for score in sorted(counts, reverse=True)]


def best_cut(items: Sequence[JudgedItem]) -> float:
    """The score from which on a row passes that agrees best with people, by kappa.

    Args:
        items: Judged items of the kind `pass`, with a number or a bool for each.

    Raises:
        DistilabelUserError: If no item has a score.
    """
    rows = [(bool(i.gold.label), float(i.verdict)) for i in items if i.verdict is not None]
    if not rows:
        raise DistilabelUserError("best_cut: no gold item has a score that could be parsed.")
    labels = [label for label, _ in rows]

    def value(cut: float) -> float:
        found = kappa(labels, [score >= cut for _, score in rows]).value
        return found if found == found else -1.0

    return max(sorted({score for _, score in rows}), key=value)


def passed(item: JudgedItem, cut: float) -> JudgedItem:
    """The item with a bool in the place of its score.

    Args:
        item: Judged item with a number.
        cut: The score from which on it passes.
    """
    verdict = None if item.verdict is None else float(item.verdict) >= cut
    return JudgedItem(item.gold, verdict)
