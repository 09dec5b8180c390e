"""Protects layouts: boxes follow each other in layers, and nothing overlaps."""

import itertools
import random

import pytest

from distilabel.pipeline.drawing.layout import compute_layout


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return (
        abs(a[0] - b[0]) < (a[2] + b[2]) / 2 - 1e-6 and abs(a[1] - b[1]) < (a[3] + b[3]) / 2 - 1e-6
    )


@pytest.mark.parametrize("top_to_bottom", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_no_two_things_overlap_in_a_random_graph(seed: int, top_to_bottom: bool) -> None:
    rng = random.Random(seed)
    count = rng.randrange(2, 14)
    arrows = [(a, b) for a, b in itertools.combinations(range(count), 2) if rng.random() < 0.35]
    sizes = [(rng.uniform(60, 200), 50.0) for _ in range(count)]
    labels = [(rng.uniform(40, 120), 30.0) if rng.random() < 0.7 else (0.0, 0.0) for _ in arrows]
    layout = compute_layout(sizes, arrows, labels, top_to_bottom=top_to_bottom)

    things = [(*c, *s) for c, s in zip(layout.centers, sizes, strict=True)]
    things += [(*c, *s) for c, s in zip(layout.labels, labels, strict=True) if s[0]]
    assert not any(_overlap(a, b) for a, b in itertools.combinations(things, 2))
    for x, y, width, height in things:
        assert x - width / 2 >= 0
        assert y - height / 2 >= 0
        assert x + width / 2 <= layout.width
        assert y + height / 2 <= layout.height
    along = 1 if top_to_bottom else 0
    for (start, end), route in zip(arrows, layout.routes, strict=True):
        assert layout.centers[start][along] < layout.centers[end][along]
        # No arrow runs backwards on its way.
        assert all(p[along] <= q[along] + 1e-6 for p, q in itertools.pairwise(route))


def test_a_lone_box_has_a_picture() -> None:
    layout = compute_layout([(100.0, 50.0)], [], [], top_to_bottom=False)
    assert layout.centers == [(layout.width / 2, layout.height / 2)]
