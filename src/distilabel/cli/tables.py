"""How commands show what they found: tables and sizes for people."""

from __future__ import annotations

from datetime import datetime

import typer

from distilabel._engine.reporting.formatting import format_table


def show_table(heads: list[str], rows: list[list[str]]) -> None:
    """Prints rows under their heads, the first column to the left."""
    columns = [[head, *(row[i] for row in rows)] for i, head in enumerate(heads)]
    for line in format_table(columns):
        typer.echo(line)


def in_bytes(size: float) -> str:
    """A size for people: `512 bytes`, `3.4 MB`."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def moment(when: datetime) -> str:
    """A time for people, to the minute."""
    return f"{when:%Y-%m-%d %H:%M}"
