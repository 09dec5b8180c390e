"""The plot of clusters."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel.steps.clustering.scatter_plot import draw_clusters

PNG = b"\x89PNG"


@pytest.mark.parametrize("captions", [{}, {0: "owls", 2: "cost $5 and $6 " * 20}])
def test_clusters_are_drawn(captions: dict[int, str], tmp_path: Path) -> None:
    path = tmp_path / "plot.png"
    points = [[0.0, 0.0, 7.0], [0.1, 0.0, 7.0], [5.0, 5.0, 7.0], [9.0, 1.0, 7.0]]
    draw_clusters(points, [0, 0, 2, -1], captions, path)
    assert path.read_bytes().startswith(PNG)
    assert path.stat().st_size > 5_000


def test_there_may_be_only_noise(tmp_path: Path) -> None:
    draw_clusters([[1.0, 2.0]], [-1], {}, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").exists()
