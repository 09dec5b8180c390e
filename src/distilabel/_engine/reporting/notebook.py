"""Displays the progress of a run in a notebook: a table under the cell, updated in place."""

from __future__ import annotations

import importlib
import io
import sys
import threading
from contextvars import copy_context
from typing import Any, Final

from distilabel._core.events import Event, RunStarted
from distilabel._engine.reporting.progress import Progress
from distilabel._engine.reporting.progress_table import ProgressTable
from distilabel._engine.reporting.terminal import LiveDisplay

_INTERVAL_SECONDS: Final = 0.5
# The usual width of a notebook's cell, in characters.
_WIDTH: Final = 110
_HEIGHT: Final = 40
# The style of a notebook's own text output; a line never wraps.
_PAGE: Final = (
    '<pre style="white-space:pre;overflow-x:auto;line-height:1.4;font-family:monospace">'
    "{code}</pre>"
)


def in_notebook() -> bool:
    """Returns whether the program runs in the kernel of a notebook. Imports nothing."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


class NotebookDisplay:
    """Updates a table of the steps under the cell that runs the pipeline.

    Args:
        progress: Progress of the run.
    """

    wants = LiveDisplay.wants

    def __init__(self, progress: Progress) -> None:
        from rich.console import Console

        self._console = Console(
            file=io.StringIO(), record=True, width=_WIDTH, height=_HEIGHT, force_jupyter=False
        )
        self._table = ProgressTable(progress, self._console)
        self._handle: Any = None
        self._closed = threading.Event()
        # The kernel finds the cell that an update belongs to by context variables.
        context = copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._update,), name="distilabel-notebook", daemon=True
        )
        self._context = context.copy()

    def __call__(self, event: Event) -> None:
        """Shows the table from the start of the run."""
        self._table(event)
        if isinstance(event, RunStarted) and self._handle is None:
            self._handle = self._context.run(self._show)
            self._thread.start()

    def close(self) -> None:
        """Removes the table; the log then prints the report in its place."""
        self._closed.set()
        if self._handle is not None:
            self._thread.join()
            self._context.run(self._handle.update, {"text/html": "", "text/plain": ""}, raw=True)

    def _show(self) -> Any:
        display: Any = importlib.import_module("IPython.display").display
        return display(self._page(), raw=True, display_id=True)

    def _update(self) -> None:
        while not self._closed.wait(_INTERVAL_SECONDS):
            self._handle.update(self._page(), raw=True)

    def _page(self) -> dict[str, str]:
        self._console.print(self._table.draw())
        text = self._console.export_text(clear=False)
        return {
            "text/html": self._console.export_html(inline_styles=True, code_format=_PAGE),
            "text/plain": text,
        }
