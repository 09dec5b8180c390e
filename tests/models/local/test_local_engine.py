"""Protects the worker process: answers, failed starts, crashes, its end with the parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from distilabel.errors import AnswerError, DistilabelUserError, EndpointError
from distilabel.models.local.local_engine import LocalEngine
from distilabel.models.local.messages import EngineSpec

FACTORY = "models.local.fake_engine:FakeEngine"


def engine(**settings: Any) -> LocalEngine:
    return LocalEngine(EngineSpec(FACTORY, settings, "Fake(tiny)"))


async def test_questions_that_wait_together_reach_the_engine_together() -> None:
    fake = engine()
    fake.start()
    try:
        texts = await asyncio.gather(*(fake.ask("generate", f"q{i}") for i in range(20)))
    finally:
        fake.stop()
    # The second word is how many came together.
    assert texts == [f"q{i} 20" for i in range(20)]


def test_a_start_that_fails_says_why_in_one_message() -> None:
    with pytest.raises(DistilabelUserError, match=r"Fake\(tiny\): no GPU"):
        engine(fault="no GPU").start()


def test_a_process_that_ends_while_it_loads_is_reported_with_what_it_printed() -> None:
    with pytest.raises(DistilabelUserError, match=r"(?s)exited with status 3.*no more memory"):
        engine(fault="exit").start()


async def test_a_crash_restarts_the_process_and_asks_again_what_was_in_flight(
    tmp_path: Path,
) -> None:
    fake = engine(folder=str(tmp_path))
    fake.start()
    first = fake.pid
    try:
        texts = await asyncio.gather(
            *(fake.ask("generate", text) for text in ("a", "crash once", "b"))
        )
        assert [text.rpartition(" ")[0] for text in texts] == ["a", "crash once", "b"]
        assert fake.pid != first
    finally:
        fake.stop()


async def test_a_question_that_crashes_the_process_every_time_fails_alone() -> None:
    fake = engine()
    fake.start()
    try:
        found = await asyncio.gather(
            fake.ask("generate", "crash"), fake.ask("generate", "a"), return_exceptions=True
        )
        assert isinstance(found[0], AnswerError)
        assert "exited with status 7, 3 times" in str(found[0])
        assert str(found[1]).startswith("a ")
    finally:
        fake.stop()


def test_one_bad_question_is_an_error_of_that_question() -> None:
    fake = engine()
    fake.start()
    try:
        with pytest.raises(AnswerError, match="too long"):
            fake.call("generate", "fail")
        assert fake.call("generate", "a") == "a 1"
    finally:
        fake.stop()
    with pytest.raises(EndpointError, match="not loaded"):
        fake.call("generate", "a")


def test_the_process_ends_with_a_parent_that_is_killed() -> None:
    program = (
        "import sys, time; sys.path[:] = sys.argv[1].split(':');"
        "from distilabel.models.local.local_engine import LocalEngine;"
        "from distilabel.models.local.messages import EngineSpec;"
        f"e = LocalEngine(EngineSpec({FACTORY!r}, {{}}, 'Fake')); e.start();"
        "print(e.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, ":".join(sys.path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    if pidfd is not None:
        import select

        assert select.select([pidfd], [], [], 30)[0], "the worker outlived its parent"
        os.close(pidfd)
