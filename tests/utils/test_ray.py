"""A program is on a Ray cluster only if Ray has set all of its variables."""

from __future__ import annotations

import pytest

from distilabel.utils.ray import script_executed_in_ray_cluster

NAMES = ["RAY_NODE_TYPE_NAME", "RAY_CLUSTER_NAME", "RAY_ADDRESS"]


@pytest.mark.parametrize("missing", [None, *NAMES])
def test_all_variables_are_needed(missing: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "x")
    if missing:
        monkeypatch.delenv(missing)
    assert script_executed_in_ray_cluster() is (missing is None)
