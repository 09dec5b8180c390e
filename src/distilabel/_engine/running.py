"""Running the `process` of a step on a batch, with its mappings. Knows no chunk and no thread."""

from __future__ import annotations

from typing import Any

from distilabel._engine.rows import Place, places
from distilabel.steps.base import Step


def run_step(step: Step, rows: list[Any]) -> tuple[list[Any], list[Place]]:
    """Runs `process` on a batch.

    Args:
        step: the step.
        rows: of the batch; where there are several predecessors tuples, one row of each, None
            where a row was routed elsewhere.

    Returns:
        The rows it made, and where each of them comes from.
    """
    if not rows or not isinstance(rows[0], tuple):
        return _process(step, [rows])
    shapes: dict[tuple[bool, ...], list[int]] = {}
    for i, row in enumerate(rows):
        shapes.setdefault(tuple(part is not None for part in row), []).append(i)
    made: list[tuple[Place, Any]] = []
    for shape, positions in shapes.items():
        inputs = [
            [rows[i][port] for i in positions] for port, present in enumerate(shape) if present
        ]
        out, matched = _process(step, inputs)
        made += [
            (Place(positions[place.origin], place.branch), row)
            for place, row in zip(matched, out, strict=True)
        ]
    made.sort(key=lambda item: item[0])
    return [row for _, row in made], [place for place, _ in made]


def _process(step: Step, inputs: list[list[Any]]) -> tuple[list[Any], list[Place]]:
    mappings = step._mappings
    named = [[mappings.into(row) for row in rows] for rows in inputs] if mappings else inputs
    before = list(named[0])
    made: list[Any] = []
    for rows in step.process(*named):
        made = [*made, *rows] if made else list(rows)
    matched = places(before, made)
    if mappings:
        aside = [mappings.set_aside(row) for row in inputs[0]] if len(inputs) == 1 else []
        made = [
            mappings.out_of(row, aside[place.origin] if aside else {})
            for row, place in zip(made, matched, strict=True)
        ]
    return made, matched
