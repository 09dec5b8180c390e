"""Protects terminals: no command prints a text from elsewhere as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import distilabel.cli
from distilabel.cli.output import say


def test_a_line_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[2Jb \u202e")
    say("to the other stream", err=True)
    out, err = capsys.readouterr()
    assert out == "a\\x1b[2Jb \\u202e\n"
    assert err == "to the other stream\n"


def test_commands_print_through_it() -> None:
    """`app.py` prints the version only."""
    folder = Path(next(iter(distilabel.cli.__path__)))
    printing = re.compile(r"typer\.s?echo\(|(?<![.\w])print\(")
    files = [f for f in folder.rglob("*.py") if f.name not in ("output.py", "app.py")]
    assert [f.name for f in files if printing.search(f.read_text(encoding="utf-8"))] == []
