"""Prints the output of commands, which holds names and texts from files, servers and the Hub."""

from __future__ import annotations

import typer

from distilabel._core.printable import printable


def say(text: str, *, err: bool = False, color: str | None = None) -> None:
    r"""Prints a line, with escapes such as `\x1b` for characters that command a terminal.

    Args:
        text: The line.
        err: Whether it goes to standard error.
        color: Color of the text, such as `typer.colors.RED`; None for none.
    """
    typer.secho(printable(text), fg=color, err=err)
