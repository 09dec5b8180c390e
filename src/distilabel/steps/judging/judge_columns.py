"""Reads what a judge said about a row, from the columns that judging steps have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from distilabel.quality.verdict_forms import TIE, is_decided, pair_verdict, ratings_verdict

# Columns with a number for the row, the finest first.
_SCORES: Final = ("rating_expected", "rating", "score", "result", "scores", "ratings")
_VERDICTS: Final = ("verdict", "result")


class Judgement(NamedTuple):
    """What a judge said about a row.

    Attributes:
        ab: Verdict about the pair (0, 1 or `"tie"`), a number or a bool; None if there is none.
        ba: Verdict of the other order, mapped back; None if it was not asked, or there is none.
        asked_twice: Whether the other order was asked.
    """

    ab: Any
    ba: Any = None
    asked_twice: bool = False


def judgement_of(row: Mapping[str, Any], kind: str, column: str | None = None) -> Judgement:
    """Reads what a judge said.

    Args:
        row: Row with the judge's columns, under the names that its class gives them.
        kind: Kind of the gold labels: `pair`, `rating` or `pass`.
        column: Column to read; None for that of a task of distilabel.

    Returns:
        What it said. A value that is none of the known forms counts as no answer.
    """
    if column is not None:
        return Judgement(_value(row.get(column), kind))
    if kind != "pair":
        names = [name for name in _SCORES if row.get(name) is not None]
        return Judgement(_value(row[names[0]], kind) if names else None)
    if "verdict_ab" in row:
        ab, ba = _value(row["verdict_ab"], kind), _value(row.get("verdict_ba"), kind)
        # With orders="kept", a tie is not asked about again.
        asked_twice = not (ab == TIE and ba is None)
        return Judgement(ab, ba, asked_twice)
    for name in (*_VERDICTS, "ratings"):
        if row.get(name) is not None:
            return Judgement(_value(row[name], kind))
    return Judgement(None)


def score_of(value: Any, kind: str) -> float | None:
    """The score by which a row is kept.

    Args:
        value: What a judge said: a verdict, a number, a bool, or the ratings of several texts.
        kind: Kind of the gold labels that the judge was measured on.

    Returns:
        For pairs, 1 if one of two answers is better and 0 for a tie; else the number. None if there
        is no such value.
    """
    found = _value(value, kind)
    if found is None:
        return None
    return float(is_decided(found)) if kind == "pair" else float(found)


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        value = list(value.values())
    is_list = isinstance(value, (list, tuple)) or hasattr(value, "tolist")
    if is_list and not isinstance(value, (list, tuple)):
        value = value.tolist()
    try:
        if kind == "pair":
            if isinstance(value, (list, tuple)):
                return ratings_verdict(value) if len(value) == 2 else None
            return pair_verdict(value)
        if isinstance(value, (list, tuple)):
            # The criteria of a rubric count equally.
            numbers = [float(each) for each in value if each is not None]
            return sum(numbers) / len(numbers) if numbers else None
        number = float(value)
        return None if number != number else number
    except (TypeError, ValueError):
        return None
