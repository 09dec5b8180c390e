"""The forms in which datasets and judges write verdicts and labels, as one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

# Neither answer is better. Other values than 0 and 1 are ties too; this is the one that is written.
TIE: Final = "tie"

_FIRST: Final = frozenset({"a", "first", "model_a", "generation_a", "[[a]]"})
_SECOND: Final = frozenset({"b", "second", "model_b", "generation_b", "[[b]]"})
_TIES: Final = frozenset({"tie", "ties", "draw", "equal", "c", "both", "[[c]]"})


def pair_verdict(value: Any) -> int | str | None:
    """Which answer of a pair is better.

    Args:
        value: 0 or `"A"` for the first answer, 1 or `"B"` for the second, 2 or `"tie"` for a tie;
            None or NaN for no verdict.

    Returns:
        0, 1 or `"tie"`; None for no verdict.

    Raises:
        ValueError: If it is none of these.
    """
    if value is None or value != value:
        return None
    if isinstance(value, str):
        text = value.strip().lower()
        for verdict, names in ((0, _FIRST), (1, _SECOND), (TIE, _TIES)):
            if text in names:
                return verdict
        value = int(text) if text in ("0", "1", "2") else value
    if not isinstance(value, (bool, str)) and value in (0, 1):
        return int(value)
    if not isinstance(value, (bool, str)) and (value == 2 or value < 0):
        # -1 and -2 are "both good" and "both bad" of reviews.
        return TIE
    raise ValueError(f"{value!r} is not a verdict: 0, 1 or 'tie'")


def swapped(verdict: Any) -> Any:
    """The verdict about a pair whose answers change places; ties and None stay."""
    return 1 - verdict if verdict in (0, 1) else verdict


def joint_verdict(ab: Any, ba: Any) -> Any:
    """The verdict of both orders: the one that they share, else a tie; None if one has none.

    Args:
        ab: Verdict with the answers in the order of the pair.
        ba: Verdict with the answers in the other order, mapped back to the pair.
    """
    if ab is None or ba is None:
        return None
    return ab if ab == ba else TIE


def ratings_verdict(ratings: Any) -> int | str | None:
    """The verdict that the ratings of two answers amount to; None where one has no rating.

    Args:
        ratings: Two numbers, or None in the place of one.
    """
    one, other = (None if rating is None or rating != rating else rating for rating in ratings)
    if one is None or other is None:
        return None
    return TIE if one == other else 0 if one > other else 1


def is_decided(verdict: Hashable) -> bool:
    """Whether a verdict names one of two answers."""
    return verdict in (0, 1) and not isinstance(verdict, bool)
