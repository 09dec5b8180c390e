"""Formats rows of cells as a table for a terminal."""

from __future__ import annotations


def table(lines: list[list[str]]) -> str:
    """Returns a table with aligned columns and a header line."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (lines[0], rule, *lines[1:])
    )
