"""Functions that combine rows and columns, for the steps in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from distilabel._core.provenance_stamps import merged_stamps
from distilabel.constants import DISTILABEL_METADATA_KEY, PROVENANCE_COLUMN

if TYPE_CHECKING:
    from distilabel.steps.base import StepInput


def merge_distilabel_metadata(*output_dicts: Dict[str, Any]) -> Any:
    """Merges the `distilabel_metadata` of rows that become one row.

    Args:
        output_dicts: Rows to merge; rows without metadata are skipped.

    Returns:
        A dict of key → value; a list of values for a key that several rows have. If the metadata
        of a row is a list (grouped generations), the metadata of all rows as one list.
    """
    found = [metadata for row in output_dicts if (metadata := row.get(DISTILABEL_METADATA_KEY))]
    if any(isinstance(metadata, list) for metadata in found):
        merged: list[Any] = []
        for metadata in found:
            merged.extend(metadata if isinstance(metadata, list) else [metadata])
        return merged
    values: dict[str, list[Any]] = {}
    for metadata in found:
        for key, value in metadata.items():
            values.setdefault(key, []).append(value)
    return {key: each[0] if len(each) == 1 else each for key, each in values.items()}


def missing_column(step: str | None, error: KeyError) -> KeyError:
    """Returns the error for a row that lacks one of the columns a step is configured with.

    Args:
        step: Name of the step.
        error: Error raised when the column was accessed.
    """
    return KeyError(
        f"{step}: a row has no column {error.args[0]!r}. Leave it out of `columns`, or connect "
        "the step that adds it."
    )


def combine_rows(rows: tuple[Dict[str, Any], ...]) -> Dict[str, Any]:
    """Returns one row with the columns of all rows.

    The last row wins if several have the same column; `distilabel_metadata` is merged.
    """
    combined: dict[str, Any] = {}
    with_metadata = with_provenance = 0
    for row in rows:
        combined.update(row)
        with_metadata += DISTILABEL_METADATA_KEY in row
        with_provenance += PROVENANCE_COLUMN in row
    if with_metadata > 1:
        combined[DISTILABEL_METADATA_KEY] = merge_distilabel_metadata(*rows)
    if with_provenance > 1 and (stamps := merged_stamps(rows)):
        combined[PROVENANCE_COLUMN] = stamps
    return combined


def group_columns(
    *inputs: StepInput,
    group_columns: List[str],
    output_group_columns: Optional[List[str]] = None,
) -> List[Dict[str, Any]]:
    """Collects the values of the same column from aligned lists of rows.

    Args:
        inputs: Lists of rows; row `i` of every list belongs to the same group.
        group_columns: Columns to collect.
        output_group_columns: Names of the lists; None for `grouped_<column>`.

    Returns:
        One row per group, with the collected lists in the order of `inputs`. For all other
        columns, the value of the last list is kept.

    Raises:
        ValueError: If there is not one name per column, or if the lists differ in length.
        KeyError: If a row lacks one of the columns.
    """
    names = output_group_columns or [f"grouped_{column}" for column in group_columns]
    if len(names) != len(group_columns):
        raise ValueError(
            f"there are {len(names)} output columns for {len(group_columns)} columns to group. "
            "Set one output column for each."
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
    """Merges the values of several columns into one list.

    Args:
        row: Row to read; it is not changed.
        columns: Columns to merge; the new row does not contain them.
        new_column: Name of the merged column.

    Returns:
        A new row with the merged list. Items of values that are lists are added one by one.

    Raises:
        KeyError: If the row lacks one of the columns.
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
