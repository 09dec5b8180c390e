"""What the tests of models share: the one client is closed with the loop of each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from distilabel.models.client import retry
from distilabel.models.http import transport


@pytest.fixture
async def client() -> AsyncIterator[None]:
    """Closes the client of the loop."""
    yield
    await transport.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are asked again without waiting."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.0)
