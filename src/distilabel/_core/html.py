"""HTML for notebooks: tables whose cells are text, whatever characters it has."""

from __future__ import annotations

import re
from html import escape
from typing import Final

_CELL: Final = "text-align: left; vertical-align: top; padding: 2px 10px; white-space: pre-wrap;"
_NUMBER: Final = "text-align: right; vertical-align: top; padding: 2px 10px;"

_NUMERIC: Final = re.compile(r"-|\$?[\d,]+(\.\d+)?")


def html_table(columns: list[list[str]]) -> str:
    """Returns a table. Columns whose cells are all numbers are right-aligned.

    Args:
        columns: The cells of each column, its name first.
    """
    styles = [_NUMBER if _is_number_column(column[1:]) else _CELL for column in columns]
    heads, *rows = zip(*columns, strict=True)
    lines = [_row("th", heads, styles), *(_row("td", row, styles) for row in rows)]
    return f"<table>{''.join(lines)}</table>"


def html_text(text: str) -> str:
    """Returns a paragraph."""
    return f"<p>{escape(text)}</p>"


def _is_number_column(cells: list[str]) -> bool:
    return bool(cells) and all(map(_NUMERIC.fullmatch, cells))


def _row(tag: str, cells: tuple[str, ...], styles: list[str]) -> str:
    # The direction of each cell is its own: text in one must not reorder what is beside it.
    made = (
        f'<{tag} dir="auto" style="{style}">{escape(cell)}</{tag}>'
        for cell, style in zip(cells, styles, strict=True)
    )
    return f"<tr>{''.join(made)}</tr>"
