"""The stand-in for vLLM, for all tests of servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_doubles import FakeEngine, fake_engine


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    with fake_engine(tmp_path, monkeypatch) as running:
        yield running
