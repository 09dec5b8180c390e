"""Protects the command `distilabel simulate`: it starts, prints its URL and stops cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from distilabel.cli.simulate import simulate

app = typer.Typer()
app.command()(simulate)

PROGRAM = "import typer; from distilabel.cli.simulate import simulate; typer.run(simulate)"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_server_runs_until_it_is_stopped(stop: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM, "--port", "0", "--fault", "429=1", "--model", "m"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert "Ctrl-C" in line
            url = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
            with urllib.request.urlopen(f"{url}/models") as response:
                assert [model["id"] for model in json.load(response)["data"]] == ["m"]
        finally:
            process.send_signal(stop)
            rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--latency", "soon"], "lognormal:0.2:1.0"),
        (["--fault", "boom=1"], "'boom'"),
        (["--rate-limit", "-1"], "above 0"),
        (["--batches", "end=soon"], "expired"),
        (["--batches", "done=half"], "done=0.5"),
        (["--price", "cheap"], "0.15:0.6"),
        (["--price", "1:-2"], "0.15:0.6"),
        (["--reasoning", "aloud"], "reasoning_content"),
        (["--replay", "/nowhere/at-all.jsonl"], "at-all.jsonl"),
    ],
)
def test_an_invalid_value_exits_with_2_and_one_message(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_invalid_replay_row_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{}")
    result = CliRunner().invoke(app, ["--replay", str(tmp_path / "rows.jsonl")])
    assert result.exit_code == 2
    assert "line 1" in result.stderr


def test_a_missing_replay_file_is_named_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["--replay", "rows.jsonl"])
    assert str(tmp_path / "rows.jsonl") in result.stderr


def test_a_port_in_use_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["--port", str(port)])
    assert result.exit_code == 2
    assert f"Port {port} of 127.0.0.1 is in use" in result.stderr
    assert "--port 0" in result.stderr
