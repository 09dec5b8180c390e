"""Test helpers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hub import Hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hugging Face Hub of this machine."""
    from hub import Hub

    server = Hub()
    yield server
    server.close()
