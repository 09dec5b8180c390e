"""Rows side by side: merging their metadata, grouping and merging their columns.

Pure functions of rows; knows no step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from distilabel.constants import DISTILABEL_METADATA_KEY

if TYPE_CHECKING:
    from distilabel.steps.base import StepInput


def merge_distilabel_metadata(*output_dicts: Dict[str, Any]) -> Any:
    """Joins the metadata of rows that become one row.

    Args:
        output_dicts: the rows; those without metadata are passed over.

    Returns:
        Key → value where one row has the key, key → list of values where several have it. If
        the metadata of a row is a list (grouped generations), everything as one list.
    """
    found = [metadata for row in output_dicts if (metadata := row.get(DISTILABEL_METADATA_KEY))]
    if any(isinstance(metadata, list) for metadata in found):
        joined: list[Any] = []
        for metadata in found:
            joined.extend(metadata if isinstance(metadata, list) else [metadata])
        return joined
    values: dict[str, list[Any]] = {}
    for metadata in found:
        for key, value in metadata.items():
            values.setdefault(key, []).append(value)
    return {key: each[0] if len(each) == 1 else each for key, each in values.items()}


def no_such_column(step: str | None, error: KeyError) -> KeyError:
    """The error of a step that was given a row without one of the columns it names."""
    return KeyError(
        f"{step}: a row has no column {error.args[0]!r}; leave it out of `columns`, or connect "
        "the step that gives it."
    )


def combine_rows(rows: tuple[Dict[str, Any], ...]) -> Dict[str, Any]:
    """One row with the columns of all; a later one wins, and metadata is merged."""
    combined: dict[str, Any] = {}
    with_metadata = 0
    for row in rows:
        combined.update(row)
        with_metadata += DISTILABEL_METADATA_KEY in row
    if with_metadata > 1:
        combined[DISTILABEL_METADATA_KEY] = merge_distilabel_metadata(*rows)
    return combined


def combine_inputs(inputs: tuple[List[Dict[str, Any]], ...]) -> List[Dict[str, Any]]:
    """The lists of several predecessors as one list; the only list as it is."""
    if len(inputs) == 1:
        return inputs[0]
    return [combine_rows(rows) for rows in zip(*inputs, strict=True)]


def group_columns(
    *inputs: StepInput,
    group_columns: List[str],
    output_group_columns: Optional[List[str]] = None,
) -> List[Dict[str, Any]]:
    """Collects the values that aligned rows have in the same column.

    Args:
        inputs: lists of rows, row `i` of each belonging together.
        group_columns: the columns to collect.
        output_group_columns: their new names; `grouped_<column>` if None.

    Returns:
        One row per group: lists in the new columns, in the order of `inputs`, and the other
        columns, of which the last list wins.

    Raises:
        ValueError: not one new name per column, or lists of different length.
        KeyError: a row lacks one of the columns.
    """
    names = output_group_columns or [f"grouped_{column}" for column in group_columns]
    if len(names) != len(group_columns):
        raise ValueError(
            f"{len(group_columns)} columns to group and {len(names)} names for them: give one "
            "output column for each."
        )
    renamed = list(zip(names, group_columns, strict=True))
    grouped = []
    for rows in zip(*inputs, strict=True):
        row = combine_rows(rows)
        lists = {name: [each[column] for each in rows] for name, column in renamed}
        for column in group_columns:
            del row[column]
        row.update(lists)
        grouped.append(row)
    return grouped


def merge_columns(
    row: Dict[str, Any], columns: List[str], new_column: str = "combined_key"
) -> Dict[str, Any]:
    """Puts the values of several columns into one list.

    Args:
        row: the row; it is not changed.
        columns: the columns; they are gone in the result.
        new_column: name of the list.

    Returns:
        A row with the list: values that are lists are extended into it, others appended.

    Raises:
        KeyError: the row lacks one of the columns.
    """
    merged: list[Any] = []
    for column in columns:
        value = row[column]
        if isinstance(value, list):
            merged.extend(value)
        else:
            merged.append(value)
    result = {key: value for key, value in row.items() if key not in columns}
    result[new_column] = merged
    return result
