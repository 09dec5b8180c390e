"""Test helpers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# Read when the client is imported: no test asks the Hub of the world, not even to be counted.
os.environ["HF_HUB_OFFLINE"] = "1"

if TYPE_CHECKING:
    from hub import Hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hugging Face Hub of this machine."""
    from hub import Hub

    server = Hub()
    yield server
    server.close()
