"""Layered layout of boxes and arrows, by the method of Sugiyama et al. (1981).

Every box is in a layer after all of its predecessors and, within the layer, near its neighbors.
Lengths are in pixels. Works on sizes and indices only.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]

# Space between neighbors in a layer, between layers, and around the drawing.
GAP: Final = 22.0
STEP: Final = 26.0
MARGIN: Final = 24.0
_SWEEPS: Final = 8
# Size of the lane that an arrow takes in a layer it passes.
_LANE: Final = (8.0, 8.0)


@dataclass(frozen=True)
class Layout:
    """Positions of boxes, labels and arrows.

    Attributes:
        width: Width of the drawing.
        height: Height of the drawing.
        centers: Center of each box.
        labels: Center of each arrow's label.
        routes: Points of each arrow, from the edge of one box to the edge of another.
    """

    width: float
    height: float
    centers: list[Point]
    labels: list[Point]
    routes: list[list[Point]]


def compute_layout(
    sizes: Sequence[Point],
    arrows: Sequence[tuple[int, int]],
    labels: Sequence[Point],
    *,
    top_to_bottom: bool,
) -> Layout:
    """Computes the positions of boxes, labels and arrows.

    Args:
        sizes: Width and height of each box.
        arrows: Indices of the boxes at the start and end of each arrow, without cycles.
        labels: Width and height of each arrow's label; zeros for none.
        top_to_bottom: Whether layers follow each other downwards; if not, to the right.

    Returns:
        The layout.
    """
    along, across = (1, 0) if top_to_bottom else (0, 1)
    # Labels get layers of their own, between those of the boxes.
    layer_of = [2 * layer for layer in _layers(len(sizes), arrows)]
    extents = list(sizes)
    chains: list[list[int]] = []
    for (start, end), label in zip(arrows, labels, strict=True):
        chain = [start]
        for layer in range(layer_of[start] + 1, layer_of[end]):
            chain.append(len(extents))
            extents.append(label if len(chain) == 2 and label[0] else _LANE)
            layer_of.append(layer)
        chains.append([*chain, end])
    members: list[list[int]] = [[] for _ in range(max(layer_of, default=-1) + 1)]
    for box, layer in enumerate(layer_of):
        members[layer].append(box)
    before, after = _neighbors(chains)
    _reorder(members, before, after)
    breadth = [extent[across] for extent in extents]
    positions = _positions(members, breadth, before, after)

    depth = [max(extents[box][along] for box in layer) for layer in members]
    middles, reached = [], MARGIN
    for size in depth:
        middles.append(reached + size / 2)
        reached += size + STEP
    length = reached - STEP + MARGIN

    def point(box: int, shift: float = 0.0) -> Point:
        main, cross = middles[layer_of[box]] + shift, positions[box]
        return (cross, main) if top_to_bottom else (main, cross)

    routes = []
    for chain in chains:
        first, last = chain[0], chain[-1]
        route = [point(first, extents[first][along] / 2)]
        for lane in chain[1:-1]:
            # Straight through the layer, so that it does not cross a box in it.
            half = depth[layer_of[lane]] / 2
            route += [point(lane, -half), point(lane, half)]
        routes.append([*route, point(last, -extents[last][along] / 2)])
    highest = max((p + b / 2 for p, b in zip(positions, breadth, strict=True)), default=0.0)
    extent = highest + MARGIN
    width, height = (extent, length) if top_to_bottom else (length, extent)
    return Layout(
        width,
        height,
        [point(box) for box in range(len(sizes))],
        [point(chain[1]) for chain in chains],
        routes,
    )


def _layers(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """Returns the layer of each box: one after the last layer of its predecessors."""
    layers = [0] * count
    for _ in range(count):
        moved = False
        for start, end in arrows:
            if layers[end] <= layers[start]:
                layers[end] = layers[start] + 1
                moved = True
        if not moved:
            break
    return layers


def _neighbors(chains: Sequence[Sequence[int]]) -> tuple[dict[int, list[int]], ...]:
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for chain in chains:
        for start, end in itertools.pairwise(chain):
            after[start].append(end)
            before[end].append(start)
    return before, after


def _reorder(
    members: list[list[int]], before: dict[int, list[int]], after: dict[int, list[int]]
) -> None:
    """Sorts the boxes of each layer by the order of their neighbors, for fewer crossings."""
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        order = members[1:] if down else members[-2::-1]
        near = before if down else after
        for layer in order:
            rank = {box: i for m in members for i, box in enumerate(m)}
            at = {
                box: sum(rank[n] for n in near[box]) / len(near[box]) if near[box] else rank[box]
                for box in layer
            }
            layer.sort(key=at.__getitem__)


def _positions(
    members: list[list[int]],
    breadth: Sequence[float],
    before: dict[int, list[int]],
    after: dict[int, list[int]],
) -> list[float]:
    """Returns the position of each box within its layer: near its neighbors, without overlap."""
    positions = [0.0] * len(breadth)
    for layer in members:
        _spread(layer, [0.0] * len(layer), breadth, positions)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in members if down else reversed(members):
            targets = []
            for box in layer:
                near = (before if down else after)[box] or [box]
                targets.append(sum(positions[n] for n in near) / len(near))
            _spread(layer, targets, breadth, positions)
    lowest = min((p - b / 2 for p, b in zip(positions, breadth, strict=True)), default=0.0)
    return [position - lowest + MARGIN for position in positions]


def _spread(
    layer: Sequence[int], targets: Sequence[float], breadth: Sequence[float], positions: list[float]
) -> None:
    """Sets positions near their targets: the mean of pushing overlaps up and down."""
    pushed: list[list[float]] = []
    for order in (range(len(layer)), range(len(layer) - 1, -1, -1)):
        sign = 1 if order.step > 0 else -1
        at = [0.0] * len(layer)
        previous: int | None = None
        for i in order:
            at[i] = targets[i]
            if previous is not None:
                apart = (breadth[layer[i]] + breadth[layer[previous]]) / 2 + GAP
                at[i] = sign * max(sign * at[i], sign * at[previous] + apart)
            previous = i
        pushed.append(at)
    for i, box in enumerate(layer):
        positions[box] = (pushed[0][i] + pushed[1][i]) / 2
