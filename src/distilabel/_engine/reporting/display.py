"""Chooses how the progress of a run is displayed: in a notebook, in a terminal, or as lines."""

from __future__ import annotations

import sys

from distilabel._engine.reporting.notebook import NotebookDisplay, in_notebook
from distilabel._engine.reporting.progress import Progress
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.reporting.terminal import LineDisplay, LiveDisplay


def display(stats: RunStats, total: int | None) -> NotebookDisplay | LiveDisplay | LineDisplay:
    """Makes the display that suits the program: a table in notebooks and terminals, else lines.

    Args:
        stats: Statistics of the run.
        total: Rows of the sources, if known in advance.
    """
    progress = Progress(stats, total)
    if in_notebook():
        return NotebookDisplay(progress)
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal and not console.is_dumb_terminal:
            return LiveDisplay(progress, console)
    return LineDisplay(progress, sys.stderr)
