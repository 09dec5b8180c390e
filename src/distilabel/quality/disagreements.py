"""Where a judge and people differ: the verdicts of all items, and the items that differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from distilabel.quality.measuring import JudgedItem
from distilabel.quality.verdict_forms import is_decided

_CHARACTERS: Final = 600


class Disagreement(NamedTuple):
    """An item on which judge and people differ.

    Attributes:
        id: Id of the gold item.
        instruction: The instruction, cut.
        generations: The answers, cut.
        label: The label of people.
        verdict: What the judge said.
        reason: Why, in the words of a person; None if unknown.
    """

    id: str
    instruction: str
    generations: tuple[str, ...]
    label: Any
    verdict: Any
    reason: str | None


def worst_disagreements(items: Sequence[JudgedItem], most: int = 20) -> list[Disagreement]:
    """The items on which judge and people differ most.

    Args:
        items: Judged items of one kind.
        most: Number of items.

    Returns:
        First those for which both decided otherwise (for ratings, the largest differences), where
        several people agree or both orders do before others.
    """
    apart = [item for item in items if item.verdict is not None and _distance(item) > 0]
    apart.sort(key=lambda item: (-_distance(item), -len(item.gold.labels), not item.asked_twice))
    return [
        Disagreement(
            item.gold.first.id,
            _cut(item.gold.first.instruction),
            tuple(map(_cut, item.gold.first.generations)),
            item.gold.label,
            item.verdict,
            item.gold.first.reason,
        )
        for item in apart[:most]
    ]


def verdicts_of(items: Sequence[JudgedItem]) -> dict[str, tuple[Any, Any, int]]:
    """Returns the id of each item → people's label, the verdict, the number of its instruction."""
    numbers: dict[str, int] = {}
    return {
        item.gold.first.id: (
            item.gold.label,
            item.verdict,
            numbers.setdefault(item.gold.first.instruction, len(numbers)),
        )
        for item in items
    }


def _distance(item: JudgedItem) -> float:
    label, verdict = item.gold.label, item.verdict
    if item.gold.first.kind == "rating":
        return abs(float(label) - float(verdict))
    if label == verdict:
        return 0.0
    is_pair = item.gold.first.kind == "pair"
    return 1.0 if not is_pair or (is_decided(label) and is_decided(verdict)) else 0.5


def _cut(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}..."
