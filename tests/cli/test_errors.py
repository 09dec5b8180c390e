"""Protects the errors of commands: one message, exit status 1, and a traceback only on demand."""

from __future__ import annotations

import pytest
import typer

from distilabel.cli.errors import message_of, report_errors
from distilabel.errors import AnswerError, DistilabelUserError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("say it"), "say it"),
        (DistilabelUserError("say it"), "say it"),
        (AnswerError("say it", status=500), "say it"),
        (KeyError("column"), "KeyError: 'column'"),
        (RuntimeError(), "RuntimeError"),
        (TypeError("unhashable"), "TypeError: unhashable"),
        (FileNotFoundError(2, "No such file or directory", "x"), "x: No such file or directory"),
        (FileNotFoundError("File not found: x"), "File not found: x"),
    ],
)
def test_an_error_becomes_one_message(error: Exception, text: str) -> None:
    assert message_of(error) == text


@pytest.mark.parametrize(("level", "shown"), [("INFO", False), ("DEBUG", True)])
def test_a_traceback_is_shown_only_on_demand(
    level: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISTILABEL_LOG_LEVEL", level)
    with pytest.raises(typer.Exit) as left, report_errors():
        raise ValueError("it broke")
    assert left.value.exit_code == 1
    errors = capsys.readouterr().err
    assert "Error: it broke" in errors
    assert ("Traceback" in errors) is shown


@pytest.mark.parametrize("error", [typer.Exit(3), typer.Abort()])
def test_an_exit_of_the_command_is_not_an_error(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(type(error)), report_errors():
        raise error
    assert capsys.readouterr().err == ""


def test_a_message_does_not_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), report_errors():
        raise OSError("no file \x1b[2J\u202e")
    assert r"no file \x1b[2J\u202e" in capsys.readouterr().err
