"""Searches the texts of a table, piece by piece, so that hits arrive early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distilabel.review.rows.table import RowTable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Found:
    """The hits in one piece of a table.

    Attributes:
        positions: Positions of rows that contain the text.
        read: Number of rows searched so far.
    """

    positions: list[int]
    read: int


def search(table: RowTable, columns: Sequence[str], text: str) -> Iterator[Found]:
    """Searches for a text, ignoring case.

    Args:
        table: The table.
        columns: Columns with texts, lists of texts or conversations.
        text: The text.

    Yields:
        The hits of one piece after the other. Stop iterating to stop searching.
    """
    import numpy as np
    import pyarrow.compute as pc

    for start, piece in table.batches(columns):
        hits = np.zeros(piece.num_rows, dtype=bool)
        for column in piece.columns:
            for values, rows in text_arrays(column):
                found = pc.match_substring(values, text, ignore_case=True).fill_null(False)
                matched = found.to_numpy(zero_copy_only=False)
                if rows is None:
                    hits |= matched
                else:
                    hits[rows[matched]] = True
        yield Found([int(i) + start for i in np.flatnonzero(hits)], start + piece.num_rows)


def text_arrays(column: Any) -> Iterator[tuple[pa.Array, Any]]:
    """Yields the texts in a column, with the number of the row of each; None if row by row.

    Args:
        column: Column of texts, of lists of texts, of conversations, or of lists of them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.nulls(0)
    rows = None
    while _is_list(values.type):
        parents = pc.list_parent_indices(values).to_numpy(zero_copy_only=False)
        rows = parents if rows is None else rows[parents]
        values = values.flatten()
    if pa.types.is_struct(values.type):
        names = {field.name for field in values.type}
        if "content" not in names:
            return
        values = values.field("content")
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        yield values, rows


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def snippet(row: dict[str, Any], columns: Sequence[str], text: str, around: int = 60) -> str:
    """Returns the first place in a row where a text occurs, with some characters around it."""
    wanted = text.casefold()
    for value in strings_in([row.get(name) for name in columns]):
        at = value.casefold().find(wanted)
        if at >= 0:
            start, stop = max(0, at - around), at + len(text) + around
            cut = " ".join(value[start:stop].split())
            return f"{'…' if start else ''}{cut}{'…' if stop < len(value) else ''}"
    return ""


def strings_in(value: Any) -> Iterator[str]:
    """Yields the texts in nested lists and conversations."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)
    elif isinstance(value, dict):
        yield from strings_in(value.get("content"))
