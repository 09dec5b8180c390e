"""Protects the command itself: it starts fast, and its help names every subcommand."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

import distilabel
from distilabel.cli.app import app


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
    for command in ("cache", "demo", "new", "pipeline", "run", "simulate"):
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], ["pipeline", "nonsense"], ["--nonsense"]])
def test_an_unknown_command_or_option_is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2
