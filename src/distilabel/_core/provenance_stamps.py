"""What a row carries about the answers it was made with, until its file is written.

A run that records provenance keeps it in the column `distilabel_provenance`: step → the answers it
used. The column of the dataset is made of it at the end, and has other keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from distilabel.constants import PROVENANCE_COLUMN

_COLUMNS_OF_A_DATASET = ({"columns"}, {"columns", "steps"})

Stamps = dict[str, list[dict[str, Any]]]


def stamps_of(row: dict[str, Any]) -> Stamps | None:
    """Returns the stamps of a row; None if it has none, or a column of an earlier dataset."""
    value = row.get(PROVENANCE_COLUMN)
    if not isinstance(value, dict) or value.keys() in _COLUMNS_OF_A_DATASET:
        return None
    return value


def merged_stamps(rows: Iterable[dict[str, Any]]) -> Stamps:
    """Returns the stamps of rows that become one row."""
    return {step: asked for row in rows for step, asked in (stamps_of(row) or {}).items()}
