"""Code of the user's that holds the event loop is named, once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

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
