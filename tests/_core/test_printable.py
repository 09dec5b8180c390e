"""Protects terminals and logs from text that commands them or reorders what they show."""

from __future__ import annotations

import pickle

import pytest

from distilabel._core.printable import printable
from distilabel.errors import AnswerError, DistilabelUserError, EndpointError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mred", r"\x1b[2J\x1b[31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("nul\x00 del\x7f", r"nul\x00 del\x7f"),
        ("over\rwritten", r"over\x0dwritten"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\u2066isolated\u2069", r"\u2066isolated\u2069"),
        ("marks \u061c\u200e\u200f of direction", r"marks \u061c\u200e\u200f of direction"),
        ("line\u2028separator", r"line\u2028separator"),
        ("\ud83d alone", r"\ud83d alone"),
    ],
)
def test_characters_that_command_a_terminal_are_written_as_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines\tand a tab",
        "Grüße, 你好, שלום, مرحبا",
        "👩‍🔬 🏳️‍🌈 👍🏽",
        "a\u00a0b\u200bc",
        "[red]markup[/red]",
        r"C:\x1b",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_a_line_end_of_windows_is_a_line_end() -> None:
    assert printable("a\r\nb") == "a\nb"


@pytest.mark.parametrize("kind", [AnswerError, EndpointError, DistilabelUserError])
def test_the_message_of_an_error_is_printable(kind: type[Exception]) -> None:
    error = kind("the server said \x1b[31m")
    assert str(error) == error.args[0] == r"the server said \x1b[31m"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
