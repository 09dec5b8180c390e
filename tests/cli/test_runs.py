"""Protects `distilabel run`: past runs are listed and shown, also those that did not end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from distilabel.cli.app import app
from distilabel.errors import EndpointError
from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.pipeline.workspace.run_history import HISTORY_FILE
from distilabel.steps.tasks import TextGeneration


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["run", *map(str, arguments)])


def run_pipeline(cache_dir: Path, name: str) -> None:
    with Pipeline(name, cache_dir=cache_dir) as pipeline:
        TextGeneration(name="write", llm=SimulatedLLM())
    pipeline.run(dataset=[{"instruction": f"Question {i}."} for i in range(5)])


def test_finished_runs_are_listed_and_shown(tmp_path: Path) -> None:
    run_pipeline(tmp_path, "one")
    run_pipeline(tmp_path, "another")
    listed = invoke("list", "--cache-dir", tmp_path)
    assert listed.exit_code == 0, listed.output
    heads, _, first, last = listed.output.splitlines()
    assert heads.split() == [
        *("run", "started", "pipeline", "outcome"),
        *("rows", "failed", "asked", "reused", "cost", "duration"),
    ]
    assert first.split()[3:10] == ["one", "finished", "5", "0", "5", "0", "$0.00"]
    assert last.split()[3:10] == ["another", "finished", "5", "0", "0", "5", "$0.00"]
    of_one = invoke("list", "another", "--cache-dir", tmp_path)
    assert len(of_one.output.splitlines()) == 3
    for which in ("last", last.split()[0]):
        shown = invoke("show", which, "--cache-dir", tmp_path)
        assert "another, started" in shown.output
        assert re.search(r"\b0 answers \w+, 5 reused", shown.output)


def test_a_relative_cache_directory_is_found_and_shown_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_pipeline(Path(".cache"), "one")
    assert "one" in invoke("list", "--cache-dir", ".cache").output
    assert (
        f"Files: {tmp_path}/.cache/one/" in invoke("show", "last", "--cache-dir", ".cache").output
    )
    assert f"in {tmp_path}/nowhere." in invoke("list", "--cache-dir", "nowhere").output


def test_a_failed_run_says_why(tmp_path: Path) -> None:
    class Broken(SimulatedLLM):
        async def agenerate(self, *args: Any, **kwargs: Any) -> Any:
            raise EndpointError("the key is not valid")

    with Pipeline("broken", cache_dir=tmp_path) as pipeline:
        TextGeneration(name="write", llm=Broken())
    with pytest.raises(EndpointError):
        pipeline.run(dataset=[{"instruction": "Name an owl."}])
    shown = invoke("show", "last", "--cache-dir", tmp_path)
    assert "failed" in shown.output.splitlines()[0]
    assert re.search(r"^Error: .*the key is not valid", shown.output, re.MULTILINE)


def write_history(root: Path, *ids: str) -> None:
    entry: dict[str, Any] = {
        "time": 1e9, "pipeline": "p", "folder": "p/x", "host": "another.machine", "pid": 1
    }  # fmt: skip
    with open(root / HISTORY_FILE, "wb") as file:
        for each in ids:
            file.write(orjson.dumps({"id": each, **entry}) + b"\n")


def test_a_run_without_a_report_has_an_outcome(tmp_path: Path) -> None:
    write_history(tmp_path, "a1")
    line = invoke("list", "--cache-dir", tmp_path).output.splitlines()[-1]
    assert "running or killed on another.machine" in line
    assert line.split()[-6:] == ["-"] * 6
    assert "running or killed" in invoke("show", "a1", "--cache-dir", tmp_path).output


def test_only_the_latest_runs_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    write_history(tmp_path, "a1", "a2", "b1")
    output = invoke("list", "--most", 1, "--cache-dir", tmp_path).output
    assert "b1" in output
    assert "a2" not in output
    assert "2 earlier runs" in output
    assert "--most 3" in output


@pytest.mark.parametrize(
    ("run", "words"), [("1999", ["'1999'", "run list"]), ("a", ["'a'", "2 runs"])]
)
def test_an_unknown_or_ambiguous_id_is_an_error(tmp_path: Path, run: str, words: list[str]) -> None:
    write_history(tmp_path, "a1", "a2", "b1")
    result = invoke("show", run, "--cache-dir", tmp_path)
    assert result.exit_code == 1
    assert all(word in result.stderr for word in words)


def test_no_runs(tmp_path: Path) -> None:
    told = "For another cache directory, use --cache-dir."
    assert invoke("list", "--cache-dir", tmp_path).output == f"No runs in {tmp_path}. {told}\n"
    assert told in invoke("show", "last", "--cache-dir", tmp_path).output
    assert "No runs of 'p' in" in invoke("list", "p", "--cache-dir", tmp_path).output
