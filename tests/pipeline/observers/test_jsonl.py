"""Protects the event file: all events, no text of prompts or answers, and no risk for the run."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from distilabel._core.events import Event, RowsReceived, RunFinished, RunStopping
from distilabel.pipeline import Pipeline
from distilabel.pipeline.observers import background, jsonl
from distilabel.pipeline.observers.background import BackgroundObserver
from rooms import Ask, Echo, Fn, Numbers, rows_of


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run(folder: Path, **model: Any) -> tuple[Any, Path]:
    with Pipeline(name="p", cache_dir=folder) as pipeline:
        Numbers(count=6) >> Ask(name="ask", llm=Echo(**model)) >> Fn(name="step")
    distiset = pipeline.run()
    assert distiset.log_filename_path is not None
    return distiset, distiset.log_filename_path.with_name("events.jsonl")


def test_the_file_has_all_that_the_report_counts(tmp_path: Path) -> None:
    distiset, path = run(tmp_path)
    events = lines(path)
    names = [event["event"] for event in events]
    assert names[0] == "RunStarted"
    assert names[-1] == "RunFinished"
    assert events[-1]["failed"] is False
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    for name, step in distiset.report.steps.items():
        done = [e for e in events if e["event"] == "RowsProcessed" and e["step"] == name]
        assert sum(event["given"] for event in done) == step.given
    asked = [event["request"] for event in events if event["event"] == "RequestSent"]
    answered = [event["request"] for event in events if event["event"] == "ResponseReceived"]
    assert len(set(asked)) == 6
    assert sorted(asked) == sorted(answered)


def test_the_file_has_no_prompt_answer_or_message(tmp_path: Path) -> None:
    class Talks(Echo):
        async def agenerate(self, input: Any, num_generations: int = 1, **kwargs: Any) -> Any:  # type: ignore[override]
            raise ValueError(f"cannot answer {input[-1]['content']}")

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        source = Numbers(count=3, output_mappings={"text": "secret"})
        source >> Ask(name="ask", llm=Talks(), input_mappings={"text": "secret"})
    distiset = pipeline.run()
    assert distiset.log_filename_path is not None
    path = distiset.log_filename_path.with_name("events.jsonl")
    assert "cannot answer" not in path.read_text()
    (first, *_) = [e for e in lines(path) if e["event"] == "RowFailed"]
    assert (first["step"], first["type"], first["attempts"]) == ("ask", "AnswerError", 1)
    (first, *_) = [e for e in lines(path) if e["event"] == "RequestFailed"]
    assert first["kind"] == "ValueError"


def test_files_of_the_last_runs_are_kept_under_numbers(tmp_path: Path) -> None:
    for _ in range(7):
        _, path = run(tmp_path)
    found = sorted(file.name for file in path.parent.glob("events*"))
    assert found == [
        "events.1.jsonl",
        "events.2.jsonl",
        "events.3.jsonl",
        "events.4.jsonl",
        path.name,
    ]
    # The last run asked nothing; each file is one whole run.
    assert not any(event["event"] == "RequestSent" for event in lines(path))
    for file in path.parent.glob("events*"):
        names = [event["event"] for event in lines(file)]
        assert (names.count("RunStarted"), names[0], names[-1]) == (1, "RunStarted", "RunFinished")


def test_the_page_about_it_names_every_event_and_every_field() -> None:
    page = (Path(__file__).parents[3] / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    for kind in Event.__subclasses__():
        if kind.__module__ != Event.__module__:
            continue
        (row,) = [row for row in rows if f"`{kind.__name__}`" in row]
        left_out = {"reason", "error"}
        names = {field.name for field in fields(kind)} - left_out
        assert names <= set(re.findall(r"`(\w+)`", row)), kind


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_full_disk_ends_the_file_and_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "_rotate", lambda path: os.symlink("/dev/full", path))
    distiset, path = run(tmp_path)
    assert path.is_symlink()
    assert len(rows_of(distiset)) == 6
    assert distiset.report.balanced
    assert caplog.text.count("No more events of this run are written: OSError") == 1


def test_events_lost_to_a_slow_disk_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "_MAX_WAITING", 3)
    monkeypatch.setattr(background, "_INTERVAL_SECONDS", 60)
    path = tmp_path / "events.jsonl"
    reader = BackgroundObserver(jsonl.open_event_file(path), "events", 10)
    for number in range(10):
        reader(RunStopping(str(number)))
    reader.close()
    *kept, last = lines(path)
    assert len(kept) == 3
    assert (last["event"], last["count"]) == ("EventsLost", 7)


def test_a_text_that_looks_like_the_end_of_a_line_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    odd = '},{"time":1}\n'
    with jsonl.open_event_file(path) as file:
        file.take([(1.0, RowsReceived(odd, 1)), (2.0, RowsReceived(odd, 2))], 0)
    assert [line["step"] for line in lines(path)] == [odd, odd]


def test_a_value_without_a_json_form_is_written_as_its_type(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with jsonl.open_event_file(path) as file:
        file.take([(1.5, RunFinished(path, False))], 0)  # type: ignore[arg-type]
    (line,) = lines(path)
    assert (line["time"], line["seconds"]) == (1.5, type(path).__name__)


def test_lines_are_in_the_file_while_the_run_goes_on(tmp_path: Path) -> None:
    """For those who follow it, and for a run that is killed."""
    path = tmp_path / "events.jsonl"
    with jsonl.open_event_file(path) as file:
        file.take([(1.0, RowsReceived("a", 3))], 0)
        assert [line["event"] for line in lines(path)] == ["RowsReceived"]
        file.take([(2.0, RunStopping("Ctrl-C"))], 2)
        events = lines(path)
    assert [line["event"] for line in events] == ["RowsReceived", "RunStopping", "EventsLost"]
    assert events[2]["count"] == 2
