"""Tables, sizes and times in the output of commands."""

from __future__ import annotations

from datetime import datetime

from distilabel._engine.reporting.formatting import format_table
from distilabel.cli.output import say


def print_table(heads: list[str], rows: list[list[str]]) -> None:
    """Prints rows under their heads, with the first column left-aligned."""
    columns = [[head, *(row[i] for row in rows)] for i, head in enumerate(heads)]
    for line in format_table(columns):
        say(line)


def format_size(size: float) -> str:
    """Formats a number of bytes: `512 bytes`, `3.4 MB`."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def format_time(when: datetime) -> str:
    """Formats a date and time, to the minute."""
    return f"{when:%Y-%m-%d %H:%M}"
