"""Shows a distiset in a notebook: its configurations, their first rows, and what failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from distilabel._core.html import html_table, html_text

if TYPE_CHECKING:
    from distilabel._distiset.protocol import DistisetLike

_ROWS: Final = 3
_CHARACTERS: Final = 200


def to_html(distiset: DistisetLike, report: Any, failures: int) -> str:
    """Returns HTML that shows a distiset.

    Args:
        distiset: Datasets to show.
        report: Report of the run; None for none.
        failures: Number of failures.
    """
    parts = ["<b>Distiset</b>"]
    if not len(distiset):
        parts.append(html_text("No rows."))
    for name, dataset in distiset.items():
        splits = dataset.items() if isinstance(dataset, dict) else [(None, dataset)]
        for split, rows in splits:
            where = f"distiset[{name!r}]" + (f"[{split!r}]" if split is not None else "")
            noun = "row" if len(rows) == 1 else "rows"
            parts += [html_text(f"{where}: {len(rows):,} {noun}"), _first_rows(rows)]
    if failures:
        noun = "failure" if failures == 1 else "failures"
        parts.append(html_text(f"{failures:,} {noun}: see distiset.failures"))
    if report is not None:
        parts.append(f"<details><summary>Report</summary>{report._repr_html_()}</details>")
    return f"<div>{''.join(parts)}</div>"


def _first_rows(rows: Any) -> str:
    # As Arrow data, images remain bytes, so no image library is needed.
    shown = rows.select(range(min(_ROWS, len(rows)))).with_format("arrow")[:].to_pylist()
    return html_table([[name, *(_cell(row[name]) for row in shown)] for name in rows.column_names])


def _cell(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, dict) and set(value) == {"bytes", "path"}:
        return "image"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_cell)
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…"
