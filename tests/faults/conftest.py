"""What the tests of faults share: no wait for its own sake."""

from __future__ import annotations

import pytest

from distilabel.models.client import retry
from distilabel.models.rate_limit import circuit_breaker


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(circuit_breaker, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr(circuit_breaker, "LONGEST_PAUSE", 0.2)
