"""Protects the command itself: it starts fast, tells its version, and says what went wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

import distilabel
from distilabel.cli.app import app
from distilabel.cli.errors import message_of, report_errors
from distilabel.errors import AnswerError, DistilabelUserError


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "distilabel", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_module_is_the_command() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"distilabel {distilabel.__version__}\n")


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from distilabel.cli.app import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "print([m for m in ('datasets', 'pyarrow', 'pydantic', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("demo", "pipeline", "simulate"):
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], ["pipeline", "nonsense"], ["--nonsense"]])
def test_what_does_not_exist_is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


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
