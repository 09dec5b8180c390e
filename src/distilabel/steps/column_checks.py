"""Checks what the columns of a row contain, before a step uses them or a question is paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from distilabel.errors import DistilabelUserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def text_in(task: Any, row: Mapping[str, Any], column: str) -> str:
    """Returns the text in a column.

    Args:
        task: Step that needs it, for the error.
        row: Input row.
        column: Name of the column.

    Raises:
        DistilabelUserError: The column contains something else.
    """
    value = row[column]
    if not isinstance(value, str):
        raise wrong_content(task, row, column, "a text")
    return value


def optional_text_in(task: Any, row: Mapping[str, Any], column: str) -> str | None:
    """Returns the text in a column, or None.

    Args:
        task: Step that needs it, for the error.
        row: Input row.
        column: Name of the column.

    Raises:
        DistilabelUserError: The column contains something else.
    """
    return None if row[column] is None else text_in(task, row, column)


def optional_list_in(task: Any, row: Mapping[str, Any], column: str) -> list[Any] | None:
    """Returns the list in a column, or None.

    Args:
        task: Step that needs it, for the error.
        row: Input row.
        column: Name of the column.

    Raises:
        DistilabelUserError: The column contains something else.
    """
    value = row[column]
    found = as_list(value)
    if found is None and value is not None:
        raise wrong_content(task, row, column, "a list")
    return found


def optional_chat_in(task: Any, row: Mapping[str, Any], column: str) -> list[Any] | None:
    """Returns the conversation in a column, or None.

    Args:
        task: Step that needs it, for the error.
        row: Input row.
        column: Name of the column.

    Raises:
        DistilabelUserError: The column contains something else.
    """
    value = row[column]
    found = as_list(value)
    if value is not None and (found is None or not all(map(_is_message, found))):
        raise wrong_content(
            task,
            row,
            column,
            'a conversation, which is a list of messages like {"role": "user", "content": "..."}',
        )
    return found


def texts_in(task: Any, row: Mapping[str, Any], column: str) -> list[str | None]:
    """Returns the list of texts in a column; a text may be missing (None).

    Args:
        task: Step that needs it, for the error.
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


def vectors_in(
    task: Any, rows: Sequence[Mapping[str, Any]], column: str
) -> tuple[list[int], NDArray[np.float32]]:
    """Returns the lists of numbers in a column; a list may be missing (None).

    Args:
        task: Step that needs them, for the error.
        rows: All rows.
        column: Name of the column.

    Returns:
        The positions of the rows that have a list, and an array with one line for each of them.

    Raises:
        DistilabelUserError: A row contains something else, or a list of another length.
    """
    import numpy as np

    positions = [position for position, row in enumerate(rows) if row[column] is not None]
    vectors = np.empty((0, 0), dtype=np.float32)
    for line, position in enumerate(positions):
        values = _numbers(rows[position][column])
        if line == 0 and values is not None:
            vectors = np.empty((len(positions), len(values)), dtype=np.float32)
        if values is None or len(values) != vectors.shape[1]:
            raise wrong_content(
                task, rows[position], column, "a list of numbers, equally long in every row"
            )
        vectors[line] = values
    return positions, vectors


def _numbers(value: Any) -> NDArray[Any] | None:
    import numpy as np

    try:
        numbers = np.asarray(as_list(value))
    except ValueError:  # lists of different lengths
        return None
    is_list = numbers.ndim == 1 and len(numbers) > 0 and numbers.dtype.kind in "fiu"
    return numbers if is_list else None


def _is_message(value: Any) -> bool:
    # Of any role: conversations to train on may contain tool calls.
    return isinstance(value, Mapping) and "role" in value and "content" in value


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
    """Returns the error for a column that contains something else than what a step needs.

    Args:
        task: The step.
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
