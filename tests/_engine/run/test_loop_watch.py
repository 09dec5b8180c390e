"""Code of the user's that holds the event loop is named, once."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distilabel._engine.run.loop_watch import _LoopWatch
from distilabel.pipeline import Pipeline, routing_batch_function
from rooms import Ask, Echo, Fn, Numbers

WORDS = "holds the event loop of the run"


class Slow(Ask):
    """Blocks while it writes a question."""

    def format_input(self, input: dict[str, Any]) -> Any:
        time.sleep(0.3)
        return super().format_input(input)


def test_a_task_that_blocks_is_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Slow(llm=Echo())
    pipeline.run()
    assert caplog.text.count(WORDS) == 1
    assert "Slow.format_input" in caplog.text


def test_a_routing_function_that_blocks_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @routing_batch_function()
    def routes(steps: list[str]) -> list[str]:
        time.sleep(0.3)
        return steps

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> routes >> [Fn(), Fn()]
    pipeline.run()
    assert caplog.text.count(WORDS) == 1
    assert "routes" in caplog.text


def test_a_step_in_a_thread_and_a_slow_answer_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def sleeps(rows: Any) -> Any:
        time.sleep(0.3)
        return rows

    with Pipeline(name="p", cache_dir=tmp_path) as pipeline:
        Numbers(count=3) >> Fn(function=sleeps) >> Ask(llm=Echo(delay=0.3))
    pipeline.run()
    assert WORDS not in caplog.text


@pytest.mark.parametrize(("has_run", "warnings"), [([False, False], 1), ([False, True, False], 0)])
def test_code_is_named_only_if_the_loop_has_not_run_between_two_looks(
    has_run: list[bool], warnings: int, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Two short calls of the same function are not one long one."""
    monkeypatch.setattr(threading.Thread, "start", lambda thread: None)
    watch = _LoopWatch(SimpleNamespace(call_soon_threadsafe=lambda function: None))  # type: ignore[arg-type]
    looks = iter(has_run)
    left = iter([*[False] * len(has_run), True])
    watch._has_run = SimpleNamespace(is_set=lambda: next(looks), clear=lambda: None, set=None)  # type: ignore[assignment]
    watch._closed = SimpleNamespace(wait=lambda seconds: next(left))  # type: ignore[assignment]
    watch._watch()
    assert caplog.text.count(WORDS) == warnings
