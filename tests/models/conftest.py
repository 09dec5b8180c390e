"""What the tests of models share: the one client is closed with the loop of each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from distilabel.models import door, http


@pytest.fixture
async def client() -> AsyncIterator[None]:
    """Closes the client of the loop."""
    yield
    await http.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are asked again without waiting."""
    monkeypatch.setattr(door, "FIRST_WAIT", 0.0)
