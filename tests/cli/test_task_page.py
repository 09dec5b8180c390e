"""The page of tasks is that of the docstrings."""

from __future__ import annotations

from pathlib import Path

from distilabel.cli.task_page import tasks_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tasks.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == tasks_page(), "run `make tasks-page`"
