"""Markdown of values that come from rows and models: tables, code and escapes."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

# Characters that begin or end a Markdown construct; the last two make links of plain addresses.
_SPECIAL: Final = re.compile(r"([\\`*_\[\]{}~|#$@:])")


def escaped(text: str) -> str:
    """Returns text on one line that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def shortened(text: str, length: int) -> str:
    """Returns the beginning of a text, with an ellipsis if something is missing."""
    return text if len(text) <= length else f"{text[:length].rstrip()}…"


def code(text: str) -> str:
    """Returns a text as code within a line or a table."""
    text = " ".join(text.split())
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|") if text else ""


def code_block(text: str, language: str = "") -> str:
    """Returns a text as a block of code, whatever fences it has itself."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table.

    Args:
        heads: Heads of the columns; one that begins with `>` is of numbers, aligned to the right.
        rows: Cells, as Markdown.
    """
    rules = ["---:" if head.startswith(">") else "---" for head in heads]
    lines = [[head.lstrip(">") for head in heads], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall(r"`+", text)), default=0)
