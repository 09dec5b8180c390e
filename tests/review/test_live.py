"""A live page counts the events of a run as its report does, while it goes on and after it."""

from __future__ import annotations

from pathlib import Path

import orjson

from distilabel.models import SimulatedLLM
from distilabel.pipeline import Pipeline
from distilabel.review.live import EventTail, event_of, snapshot
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


def _line(**entry: object) -> bytes:
    return orjson.dumps({"time": 5.0, **entry}) + b"\n"


STARTED = _line(event="RunStarted", pipeline="p", steps={"a": "A"}, leaves=["a"])
TAKEN = _line(event="RowsReceived", step="a", count=10)
WORKED = _line(event="RowsProcessed", step="a", taken=4, given=3, failed=1)


def test_lines_are_counted_as_they_arrive_also_half_ones(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert snapshot(tail, "running")["rows"] == 0
    path.write_bytes(STARTED + TAKEN + WORKED[:20])
    assert snapshot(tail, "running")["steps"][0]["expected"] == 10
    with path.open("ab") as file:
        file.write(WORKED[20:] + b"broken\n" + _line(event="Unknown"))
    found = snapshot(tail, "running")
    assert (found["rows"], found["steps"][0]["done"], found["over"]) == (4, 4, False)
    # The pipeline is started again.
    path.write_bytes(STARTED)
    assert snapshot(tail, "running")["rows"] == 0


def test_a_killed_run_is_over(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(STARTED)
    found = snapshot(EventTail(tmp_path / "events.jsonl"), "killed")
    assert (found["over"], found["outcome"]) == (True, "killed")


def test_messages_are_not_in_the_file() -> None:
    event = event_of({"event": "RowFailed", "step": "a", "key": [1], "type": "X"})
    assert event is not None
    assert event.error == {}  # type: ignore[attr-defined]
    assert event_of({"event": "Event"}) is None
    assert event_of({"event": "Bus"}) is None


def test_the_counts_are_those_of_the_report(tmp_path: Path) -> None:
    with Pipeline("watched", cache_dir=tmp_path) as pipeline:
        rows = [{"instruction": f"Question {i}?"} for i in range(20)]
        LoadDataFromDicts(data=rows) >> TextGeneration(llm=SimulatedLLM())
    distiset = pipeline.run()
    [path] = tmp_path.rglob("events.jsonl")
    tail = EventTail(path)
    found = snapshot(tail, "running")
    assert found["over"]
    assert found["rows"] == distiset.report.rows == 20
    for name, step in distiset.report.steps.items():
        assert tail.stats.steps[name].asked == step.asked
        assert tail.stats.steps[name].given == step.given
