"""What the tests of batch jobs share: a simulated endpoint that has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from distilabel.models.batch_jobs.apis import base
from jobs import Endpoint


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An endpoint whose failed requests are sent again without a pause."""
    monkeypatch.setattr(base, "FIRST_WAIT", 0.01)
    server = Endpoint()
    yield server
    server.close()
