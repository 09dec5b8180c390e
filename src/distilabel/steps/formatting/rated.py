"""Rated generations of a row: those that can be compared, the best and the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distilabel.errors import DistilabelUserError
from distilabel.steps.column_checks import column_name, kind_of, optional_list_in


@dataclass(frozen=True, slots=True)
class RatedGeneration:
    """A generation with a rating.

    Attributes:
        text: The generation.
        rating: Its rating.
        position: Its position among the generations of the row.
    """

    text: str
    rating: float
    position: int


def rated_generations(
    step: Any, row: dict[str, Any], ratings: str = "ratings"
) -> list[RatedGeneration]:
    """Returns the generations of a row that have a rating, in order.

    A generation that is None, and one whose rating is None or NaN, is left out.

    Args:
        step: Step that needs them, for errors.
        row: Row with `generations` and their ratings.
        ratings: Column of the ratings.

    Raises:
        DistilabelUserError: A column does not contain a list, the lists differ in length, or an
            item has the wrong type.
    """
    texts = optional_list_in(step, row, "generations")
    numbers = optional_list_in(step, row, ratings)
    if texts is None or numbers is None:
        return []
    if len(texts) != len(numbers):
        raise DistilabelUserError(
            f"{step.name}: {len(texts)} generations have {len(numbers)} {ratings}. There must be "
            "one per generation, in the same order; None for one without."
        )
    rated = []
    for position, (text, number) in enumerate(zip(texts, numbers, strict=True)):
        if text is None or number is None or number != number:
            continue
        if not isinstance(text, str) or isinstance(number, (str, bytes)):
            column, value, kind = (
                ("generations", text, "a text")
                if not isinstance(text, str)
                else (ratings, number, "a number")
            )
            raise DistilabelUserError(
                f"{step.name}: item {position} of column {column_name(step, column)!r} is "
                f"{kind_of(value)}. Every item must be {kind}, or None for a missing one."
            )
        rated.append(RatedGeneration(text, number, position))
    return rated


def best_and_worst(
    rated: Sequence[RatedGeneration],
) -> tuple[RatedGeneration, RatedGeneration] | None:
    """Returns the first of the best and the first of the worst rated ones; None if there are none.

    Args:
        rated: Rated generations of a row. If all have the same rating, both are the first one.
    """
    if not rated:
        return None
    return max(rated, key=lambda each: each.rating), min(rated, key=lambda each: each.rating)
