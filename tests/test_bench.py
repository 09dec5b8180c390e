"""The benchmarks can be run: that they measure at all, never how fast anything is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from bench.cases import Figure
from bench.history import Entry, Ratio, append, changes, ratios_of, read

_ONE = Ratio(1.0, 1.0, 1.0)
ROOT = Path(__file__).resolve().parent.parent


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.fixture
def port() -> Iterator[int]:
    command = [sys.executable, "-m", "bench.endpoint", "--until-stdin-ends"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()
        assert process.wait(10) == 0


def test_endpoint_numbers_its_answers_and_counts_questions(port: int) -> None:
    texts = set()
    for _ in range(2):
        status, answer = ask(port, "POST", "/v1/chat/completions", b"{}")
        assert status == 200
        assert answer["usage"]["total_tokens"] > 0
        texts.add(answer["choices"][0]["message"]["content"])
    assert len(texts) == 2
    assert ask(port, "GET", "/v1/models")[1]["data"][0]["id"] == "bench"
    _, stats = ask(port, "GET", "/stats")
    assert (stats["questions"], stats["answered"], stats["requests"]) == (2, 2, 3)
    assert stats["first_question"] <= stats["last_answer"]


def test_endpoint_starts_again_on_reset(port: int) -> None:
    ask(port, "POST", "/v1/chat/completions", b"{}")
    ask(port, "POST", "/reset?seed=3&latency=lognormal:0.001:1.0:0.01")
    _, stats = ask(port, "GET", "/stats")
    assert stats["requests"] == 0
    assert stats["first_request"] is None


@pytest.mark.parametrize("latency", ["sometimes", "constant:-1", "lognormal:1:2"])
def test_endpoint_refuses_a_latency_it_does_not_understand(port: int, latency: str) -> None:
    status, answer = ask(port, "POST", f"/reset?latency={latency}")
    assert status == 400
    assert "is not understood" in answer["error"]["message"]


def figure(name: str, *samples: float) -> Figure:
    return Figure(name, list(samples))


def test_the_history_keeps_ratios_only(tmp_path: Path) -> None:
    """Seconds of one machine say nothing on another one."""
    figures = {"throughput": [figure("CPU, ours / raw", 2.0, 1.0, 1.5), figure("CPU, ours", 0.3)]}
    path = tmp_path / "history.jsonl"
    assert read(path) == []
    for commit in ("a", "b"):
        append(Entry(commit, "3.11.7", ratios_of(figures)), path)
    assert [entry.commit for entry in read(path)] == ["a", "b"]
    assert read(path)[0].ratios == {"throughput: CPU, ours / raw": Ratio(1.5, 1.0, 2.0)}


def test_a_ratio_is_compared_with_the_last_one_of_the_same_python() -> None:
    def entry(commit: str, python: str, **ratios: Ratio) -> Entry:
        return Entry(commit, python, ratios)

    entries = [
        entry("a", "3.11", cpu=Ratio(2.0, 1.9, 2.1), wall=Ratio(1.0, 0.9, 1.1)),
        entry("b", "3.11", wall=Ratio(1.0, 0.9, 1.1)),
        entry("c", "3.12", cpu=Ratio(1.0, 1.0, 1.0)),
        entry("d", "3.11", cpu=Ratio(1.5, 1.4, 1.6), wall=Ratio(1.05, 1.0, 1.2), rows=_ONE),
    ]
    assert changes(entries) == [
        ["cpu", "a", "2.000", "1.500", "-25%"],
        ["wall", "b", "1.000", "1.050", "+5% ?"],
        ["rows", "", "", "1.000", "new"],
    ]


def test_the_history_in_the_repository_can_be_read() -> None:
    for entry in read():
        assert entry.python
        assert entry.ratios


def test_raw_loop_against_itself_gives_a_table_and_leaves_no_cache(tmp_path: Path) -> None:
    caches = tmp_path / "caches"
    caches.mkdir()
    command = [sys.executable, "-m", "bench.run", "--self-check", "--quick", "--only", "startup"]
    done = subprocess.run(
        [*command, "--tmp", str(caches), "--out", str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "first question, ours - raw" in done.stdout
    assert list(caches.iterdir()) == []
    (samples,) = (tmp_path / "out").iterdir()
    assert "startup" in json.loads(samples.read_text())["cases"]


def test_a_scenario_of_the_gate_gives_a_line_and_a_plot(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.gate", "--quick", "--only", "headers-openai"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("headers-openai"))
    assert line.split()[1:3] == ["100", "0"]
    assert "<svg" in (tmp_path / "gate-headers-openai.svg").read_text()


def test_endurance_looks_at_a_run_and_judges_it() -> None:
    from bench.endurance import figures, run

    # So many that a look falls into every quarter, however fast or unevenly they go.
    said = run(1200, None, every=0.005)
    assert said["rows"] == 1200
    assert said["late"]["p50"] <= said["late"]["p99"] <= said["late"]["max"]
    found = {figure.name: figure for figure in figures(said, judge_memory=False)}
    assert found["memory, last quarter"].value > 0
    assert found["growth between them"].verdict == ""
    # Files that are left open in the last quarter, and memory that doubles.
    looks = [{**look} for look in said["looks"]]
    for look in looks:
        if look["rows"] >= 900:
            look["files"] += 1000
            look["memory"] *= 2
    worse = {figure.name: figure for figure in figures({**said, "looks": looks})}
    assert worse["growth of open files"].verdict == "short"
    assert worse["growth between them"].verdict == "short"


def test_a_run_that_ends_itself_at_a_point_goes_on_to_the_same_dataset(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.kill_aimed", "--rows", "24", "--kills", "2"]
    done = subprocess.run(
        [*command, "--seed", "3", "--tmp", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing lost, nothing changed." in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_every_task_of_the_gallery_runs_in_one_pipeline(tmp_path: Path) -> None:
    """A task of the gallery that is missing here is not tried on real models either."""
    from bench.gallery import as_table, figures, gallery_pipeline
    from bench.gallery_tasks import branches, builtin_rows

    from distilabel.cli.task_gallery import gallery_tasks
    from distilabel.models import SimulatedLLM

    of_other_models = {"GenerateEmbeddings", "ImageGeneration", "PairRM"}
    known = {branch.name for branch in branches(tmp_path)}
    assert known == {task.name for task in gallery_tasks()} - of_other_models
    llm, magpie = SimulatedLLM(), SimulatedLLM(magpie_pre_query_template="qwen2")
    pipeline = gallery_pipeline(builtin_rows(2), llm, magpie, tmp_path)
    found = figures(pipeline.run(use_cache=False))
    assert len(found) > len(known)
    assert {figure["rows"] for figure in found} == {2}
    # The simulated model fills the texts of a schema with words, which are no steps of a solution.
    failed = {figure["task"] for figure in found if figure["failed"]}
    assert failed <= {"MathShepherdGenerator-structured"}
    assert len(as_table(found).splitlines()) == len(found) + 2
