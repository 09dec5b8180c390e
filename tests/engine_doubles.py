"""Runs the stand-in for vLLM, `fake_engine.py`, in the place of its Python interpreter."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = Path(__file__).with_name("fake_engine.py")


class FakeEngine:
    """The stand-in; its servers write what they were started with into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def starts(self) -> list[dict[str, Any]]:
        """Process id and arguments of each start."""
        file = self._folder / "starts"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def running(self) -> list[int]:
        """Process ids of the servers that run."""
        return [start["pid"] for start in self.starts if runs(start["pid"])]


@contextmanager
def fake_engine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """Makes `vLLM` start the stand-in; checks that no server is left at the end.

    Args:
        folder: Empty folder for its files, and for logs.
        monkeypatch: Sets the environment.
    """
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_PROGRAM}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("DISTILABEL_VLLM_PYTHON", str(python))
    monkeypatch.setenv("DISTILABEL_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("FAKE_ENGINE_FOLDER", str(folder))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    engine = FakeEngine(folder)
    yield engine
    left = engine.running
    for pid in left:
        os.kill(pid, 9)
    assert not left, "servers were left running"


def runs(pid: int) -> bool:
    """Whether a process runs, as opposed to one that has ended and was not waited for."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_until(condition: Any, seconds: float = 20) -> None:
    """Waits until a condition holds; fails after a time that only a hanging test needs."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
