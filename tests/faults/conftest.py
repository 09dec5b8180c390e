"""What the tests of faults share: no wait for its own sake."""

from __future__ import annotations

import pytest

from distilabel.models import door, outage


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(outage, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr(outage, "LONGEST_PAUSE", 0.2)
