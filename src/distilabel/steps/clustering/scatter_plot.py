"""Draws the clusters of rows in a plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from distilabel._core.extras import import_extra

_LONGEST_CAPTION: Final = 60


def draw_clusters(
    points: Sequence[Sequence[float]],
    clusters: Sequence[int],
    captions: Mapping[int, str],
    path: Path,
) -> None:
    """Draws rows as dots in the color of their cluster, with a caption in the middle of each.

    Args:
        points: Coordinates of the rows; the first two are drawn.
        clusters: Cluster of each row; -1 for noise, which is gray.
        captions: Caption by cluster.
        path: Path of the PNG file.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    import numpy as np

    # Not `pyplot`, which keeps figures in the process and may open windows.
    module = import_extra("matplotlib.figure", extra="text-clustering", subject="TextClustering")
    places = np.asarray([point[:2] for point in points], dtype=np.float64)
    numbers = np.asarray(clusters)
    figure: Any = module.Figure(figsize=(12, 8), dpi=150)
    axes = figure.subplots()
    noise = numbers == -1
    size = 30 if len(points) < 1_000 else 4
    axes.scatter(*places[noise].T, c="lightgray", s=size, linewidths=0)
    axes.scatter(
        *places[~noise].T,
        c=numbers[~noise] % 20,
        cmap="tab20",
        vmin=0,
        vmax=19,
        s=size,
        linewidths=0,
    )
    for cluster, caption in captions.items():
        short = caption if len(caption) <= _LONGEST_CAPTION else caption[:_LONGEST_CAPTION] + "..."
        axes.annotate(
            # A dollar sign would begin a formula.
            short.replace("$", r"\$"),
            places[numbers == cluster].mean(axis=0),
            ha="center",
            va="center",
            fontsize=9,
            bbox={"boxstyle": "round", "facecolor": "white", "alpha": 0.8, "linewidth": 0},
        )
    axes.set_axis_off()
    figure.savefig(path, bbox_inches="tight")
