"""Protects the import for the end of a run: it waits for an idle process, and ends with the run."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from distilabel._engine.run import idle_import
from distilabel._engine.run_state import RunState
from virtual import in_no_time


class Process:
    """A process whose use of the processor is set; its clock is that of the loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.load = 1.0
        self.imports = 0
        self.imported = threading.Event()
        clock = SimpleNamespace(monotonic=self._now, process_time=lambda: self.load * self._now())
        monkeypatch.setattr(idle_import, "time", clock)
        monkeypatch.setattr(idle_import, "_import", self._import)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _import(self) -> None:
        self.imports += 1
        self.imported.set()


def test_it_imports_once_the_process_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)

    async def run() -> None:
        idle_import.import_when_idle(RunState())
        await asyncio.sleep(10)
        assert process.imports == 0
        process.load = 0.1
        await asyncio.sleep(10)

    in_no_time(run())
    assert process.imported.wait(60)
    assert process.imports == 1


def test_a_run_that_ends_busy_imports_nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    state = RunState()

    async def run() -> None:
        idle_import.import_when_idle(state)
        await asyncio.sleep(10)
        state.drain()
        process.load = 0.1
        await asyncio.sleep(10)

    in_no_time(run())
    assert not process.imported.is_set()
