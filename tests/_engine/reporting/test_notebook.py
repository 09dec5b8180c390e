"""Protects the table under a notebook's cell while a run goes on."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from counted import at_work
from distilabel._core.events import EndpointPaused, RunStarted
from distilabel._engine.reporting import notebook
from distilabel._engine.reporting.display import display
from distilabel._engine.reporting.notebook import NotebookDisplay, in_notebook
from distilabel._engine.reporting.progress import Progress
from distilabel._engine.reporting.run_stats import RunStats
from distilabel._engine.reporting.terminal import LineDisplay, LiveDisplay

Page = dict[str, str]


class Cell:
    """The output of a cell: what `IPython.display.display` shows, and its updates."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.updated = threading.Event()

    def display(self, page: Page, raw: bool, display_id: bool) -> Cell:
        assert raw
        assert display_id
        self.pages.append(page)
        return self

    def update(self, page: Page, raw: bool) -> None:
        assert raw
        self.pages.append(page)
        self.updated.set()


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    """A kernel with one cell, which is all that the display uses of IPython."""
    cell = Cell()
    ipython: Any = ModuleType("IPython")
    shown: Any = ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())
    shown.display = cell.display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    monkeypatch.setattr(notebook, "_INTERVAL_SECONDS", 0.01)
    return cell


def test_a_cell_shows_the_table_updates_it_and_removes_it_for_the_report(cell: Cell) -> None:
    stats = at_work(["load", "<judge>"])
    live = NotebookDisplay(Progress(stats, 100))
    live(RunStarted("a run", {}))
    assert "40 / 100" in cell.pages[0]["text/plain"]
    stats.steps["load"].worked = 100
    cell.updated.clear()
    assert cell.updated.wait(10)
    live(EndpointPaused("https://one", 9.0, "it asked to wait"))
    cell.updated.clear()
    assert cell.updated.wait(10)
    live.close()
    # Names are text, not HTML, and one line is one line.
    assert "&lt;judge&gt;" in cell.pages[-2]["text/html"]
    assert "https://one: paused for" in cell.pages[-2]["text/plain"]
    assert "100 / 100" in cell.pages[-2]["text/plain"]
    assert cell.pages[-2]["text/plain"].count("load") == 1
    assert cell.pages[-1] == {"text/html": "", "text/plain": ""}
    count = len(cell.pages)
    live.close()
    assert len(cell.pages) <= count + 1


def test_a_run_that_never_starts_shows_nothing(cell: Cell) -> None:
    NotebookDisplay(Progress(RunStats(), None)).close()
    assert cell.pages == []


def test_a_kernel_is_told_from_a_terminal_and_from_a_plain_program(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_notebook()
    assert isinstance(display(RunStats(), None), NotebookDisplay)
    ipython: Any = sys.modules["IPython"]
    for shell in (None, SimpleNamespace()):  # a program, IPython in a terminal
        monkeypatch.setattr(ipython, "get_ipython", lambda shell=shell: shell)
        assert not in_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not in_notebook()
    assert not isinstance(display(RunStats(), None), NotebookDisplay)


@pytest.mark.parametrize(
    ("terminal", "kind"), [("xterm", LiveDisplay), ("dumb", LineDisplay), (None, LineDisplay)]
)
def test_only_a_terminal_that_moves_its_cursor_gets_a_table(
    terminal: str | None, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    if terminal is not None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setenv("TERM", terminal)
    assert type(display(RunStats(), None)) is kind
