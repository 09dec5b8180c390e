"""Where boxes and arrows go: in layers, by the method of Sugiyama et al. (1981).

Every box stands in a layer after all that lead to it; within a layer, near what it is connected to.
Lengths are in pixels. Knows sizes and numbers, not what they stand for.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]

# Between neighbours in a layer, between layers, and around everything.
GAP: Final = 22.0
STEP: Final = 26.0
MARGIN: Final = 24.0
_SWEEPS: Final = 8
# An arrow that passes a layer by takes a narrow lane in it.
_LANE: Final = (8.0, 8.0)


@dataclass(frozen=True)
class Layout:
    """Where things are.

    Attributes:
        width: of the picture.
        height: of the picture.
        centers: of the boxes.
        labels: centers of what stands on the arrows.
        routes: of the arrows, the points each passes, from the edge of a box to that of another.
    """

    width: float
    height: float
    centers: list[Point]
    labels: list[Point]
    routes: list[list[Point]]


def laid_out(
    sizes: Sequence[Point],
    arrows: Sequence[tuple[int, int]],
    labels: Sequence[Point],
    *,
    top_to_bottom: bool,
) -> Layout:
    """Finds a place for everything.

    Args:
        sizes: width and height of each box.
        arrows: numbers of the boxes each leads from and to; no cycles.
        labels: width and height of what stands on each arrow; zeros for nothing.
        top_to_bottom: whether layers follow each other downwards; to the right otherwise.

    Returns:
        The places.
    """
    along, across = (1, 0) if top_to_bottom else (0, 1)
    # Labels stand in layers of their own, between those of the boxes.
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
    before, after = _neighbours(chains)
    _reorder(members, before, after)
    breadth = [extent[across] for extent in extents]
    places = _places(members, breadth, before, after)

    depth = [max(extents[box][along] for box in layer) for layer in members]
    middles, reached = [], MARGIN
    for size in depth:
        middles.append(reached + size / 2)
        reached += size + STEP
    length = reached - STEP + MARGIN

    def point(box: int, shift: float = 0.0) -> Point:
        main, cross = middles[layer_of[box]] + shift, places[box]
        return (cross, main) if top_to_bottom else (main, cross)

    routes = []
    for chain in chains:
        first, last = chain[0], chain[-1]
        route = [point(first, extents[first][along] / 2)]
        for lane in chain[1:-1]:
            # Straight through the layer, so that it meets nothing that stands there.
            half = depth[layer_of[lane]] / 2
            route += [point(lane, -half), point(lane, half)]
        routes.append([*route, point(last, -extents[last][along] / 2)])
    highest = max((p + b / 2 for p, b in zip(places, breadth, strict=True)), default=0.0)
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
    """The layer of each box: one after the last of those that lead to it."""
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


def _neighbours(chains: Sequence[Sequence[int]]) -> tuple[dict[int, list[int]], ...]:
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
    """Puts the boxes of each layer in the order of what they are connected to: fewer crossings."""
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


def _places(
    members: list[list[int]],
    breadth: Sequence[float],
    before: dict[int, list[int]],
    after: dict[int, list[int]],
) -> list[float]:
    """The place of each box across its layer: near its neighbours, and nobody overlaps."""
    places = [0.0] * len(breadth)
    for layer in members:
        _spread(layer, [0.0] * len(layer), breadth, places)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in members if down else reversed(members):
            wished = []
            for box in layer:
                near = (before if down else after)[box] or [box]
                wished.append(sum(places[n] for n in near) / len(near))
            _spread(layer, wished, breadth, places)
    lowest = min((p - b / 2 for p, b in zip(places, breadth, strict=True)), default=0.0)
    return [place - lowest + MARGIN for place in places]


def _spread(
    layer: Sequence[int], wished: Sequence[float], breadth: Sequence[float], places: list[float]
) -> None:
    """Places boxes as near to their wishes as they fit: between pushing them up and down."""
    pushed: list[list[float]] = []
    for order in (range(len(layer)), range(len(layer) - 1, -1, -1)):
        sign = 1 if order.step > 0 else -1
        at = [0.0] * len(layer)
        previous: int | None = None
        for i in order:
            at[i] = wished[i]
            if previous is not None:
                apart = (breadth[layer[i]] + breadth[layer[previous]]) / 2 + GAP
                at[i] = sign * max(sign * at[i], sign * at[previous] + apart)
            previous = i
        pushed.append(at)
    for i, box in enumerate(layer):
        places[box] = (pushed[0][i] + pushed[1][i]) / 2
