"""Checks what the columns of a row contain, before a question is made of them and paid for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distilabel.errors import DistilabelUserError


def text_in(task: Any, row: Mapping[str, Any], column: str) -> str:
    """Returns the text in a column.

    Args:
        task: Task that needs it, for the error.
        row: Input row.
        column: Name of the column.

    Raises:
        DistilabelUserError: The column contains something else.
    """
    value = row[column]
    if not isinstance(value, str):
        raise wrong_content(task, row, column, "a text")
    return value


def texts_in(task: Any, row: Mapping[str, Any], column: str) -> list[str | None]:
    """Returns the list of texts in a column; a text may be missing (None).

    Args:
        task: Task that needs it, for the error.
        row: Input row.
        column: Name of the column.

    Raises:
        DistilabelUserError: The column contains something else, or no text at all.
    """
    value = as_list(row[column])
    if value is None:
        raise wrong_content(task, row, column, "a list of texts")
    for number, item in enumerate(value):
        if item is not None and not isinstance(item, str):
            raise DistilabelUserError(
                f"{task.name}: item {number} of column {column_name(task, column)!r} is "
                f"{kind_of(item)}. Every item must be a text, or None for a missing one."
            )
    if all(item is None for item in value):
        content = "contains only None" if value else "is an empty list"
        raise DistilabelUserError(
            f"{task.name}: column {column_name(task, column)!r} {content}. It must contain at "
            "least one text."
        )
    return value


def as_list(value: Any) -> list[Any] | None:
    """Returns a list, tuple or array as a list; None for anything else, such as a text."""
    if isinstance(value, (list, tuple)):
        return list(value)
    # Rows from pandas hold numpy arrays.
    if type(value).__name__ == "ndarray" and value.ndim == 1:
        return list(value.tolist())
    return None


def wrong_content(
    task: Any, row: Mapping[str, Any], column: str, expected: str
) -> DistilabelUserError:
    """Returns the error for a column that contains something else than what a task needs.

    Args:
        task: The task.
        row: Input row.
        column: Name of the column.
        expected: What it must contain.
    """
    return DistilabelUserError(
        f"{task.name}: column {column_name(task, column)!r} contains {kind_of(row[column])}. It "
        f"must contain {expected}."
    )


def column_name(task: Any, column: str) -> str:
    """Returns the name that a column has in the pipeline."""
    return str(task.input_mappings.get(column, column))


def kind_of(value: Any) -> str:
    """Returns the type of a value for a message: "a str", "an int", "None"."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
