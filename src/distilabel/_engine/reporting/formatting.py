"""Formats durations, money, names and tables as text for people. Knows no run."""

from __future__ import annotations


def format_duration(seconds: float) -> str:
    """Formats seconds: `0.8 s`, `42 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60) if seconds >= 3600 else int(seconds // 60)
    if seconds < 3600:
        return f"{minutes} min {int(seconds % 60):02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def format_money(dollars: float | None) -> str:
    """Formats US dollars; None is `unknown`."""
    if dollars is None:
        return "unknown"
    if dollars >= 1 or dollars == 0:
        return f"${dollars:,.2f}"
    return f"${dollars:.4f}" if dollars >= 0.001 else f"${dollars:.6f}"


def format_count(count: int, noun: str) -> str:
    """Formats a count with its noun: `1 row`, `2,000 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def shorten(name: str, width: int) -> str:
    """Shortens a name to a width by cutting its middle: names differ at their ends."""
    if len(name) <= width:
        return name
    end = (width - 1) // 2
    return f"{name[: width - 1 - end]}…{name[len(name) - end :]}"


def format_table(columns: list[list[str]], last: list[str] | None = None) -> list[str]:
    """Formats columns as lines; the first column is left-aligned, the others right-aligned.

    Args:
        columns: The cells of each column, its name first.
        last: One more column, left-aligned.
    """
    padded = []
    for number, column in enumerate(columns):
        width = max(map(len, column))
        cells = [column[0], "-" * width, *column[1:]]
        padded.append([cell.rjust(width) if number else cell.ljust(width) for cell in cells])
    if last is not None:
        padded.append([last[0], "-" * max(map(len, last)), *last[1:]])
    return ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]
