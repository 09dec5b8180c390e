"""An Argilla server in memory."""

from __future__ import annotations

import pytest

from fake_argilla import FakeArgilla, install


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeArgilla:
    """An Argilla server in memory, under the name of the package."""
    return install(monkeypatch)
