"""Checks of the columns that the measures take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from distilabel.errors import DistilabelUserError


def paired_columns(subject: str, *columns: Iterable[Any]) -> list[list[Any]]:
    """The columns as lists of one length, without gaps.

    Args:
        subject: The name of the measure, for messages.
        columns: One value per item each, aligned by position.

    Raises:
        DistilabelUserError: If they are empty, differ in length or have a gap (`None` or NaN).
    """
    lists = [list(column) for column in columns]
    lengths = [len(column) for column in lists]
    if len(set(lengths)) > 1:
        raise DistilabelUserError(
            f"{subject}: the columns have different lengths: {', '.join(map(str, lengths))}."
            " Pass one value per item in each, in the same order."
        )
    if not lengths[0]:
        raise DistilabelUserError(f"{subject}: there are no items. Pass at least one.")
    for number, column in enumerate(lists, start=1):
        # Columns have few distinct values, and a million rows.
        try:
            gaps = any(map(is_gap, set(column)))
        except TypeError:
            gaps = any(map(is_gap, column))
        if gaps:
            row = next(row for row, value in enumerate(column) if is_gap(value))
            raise DistilabelUserError(
                f"{subject}: column {number} has no value in row {row} ({column[row]!r})."
                " Leave such items out of all columns."
            )
    return lists


def is_gap(value: Any) -> bool:
    """Whether a value stands for a missing label: `None` or NaN."""
    return value is None or (isinstance(value, float) and value != value)


def number_column(subject: str, values: Sequence[Any]) -> list[float]:
    """The values as floats.

    Args:
        subject: The name of the measure, for messages.
        values: Numbers or booleans.

    Raises:
        DistilabelUserError: If a value is not a finite number.
    """
    numbers: list[float] = []
    for row, value in enumerate(values):
        # numpy's scalars have __float__; texts do not.
        if isinstance(value, str) or not hasattr(value, "__float__"):
            raise DistilabelUserError(f"{subject}: {value!r} in row {row} is not a number.")
        number = float(value)
        if number - number != 0:
            raise DistilabelUserError(f"{subject}: {value!r} in row {row} is not a finite number.")
        numbers.append(number)
    return numbers


def check_fraction(subject: str, name: str, value: float) -> None:
    """Checks that a parameter lies between 0 and 1, both excluded.

    Args:
        subject: The name of the measure, for messages.
        name: The name of the parameter.
        value: Its value.

    Raises:
        DistilabelUserError: If it does not.
    """
    if not 0 < value < 1:
        raise DistilabelUserError(f"{subject}: {name} must lie between 0 and 1, not {value!r}.")
