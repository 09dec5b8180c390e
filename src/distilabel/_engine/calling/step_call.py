"""Running the `process` of a step on a batch, with its mappings. Knows no chunk and no thread."""

from __future__ import annotations

import logging
from typing import Any

from distilabel._engine.rows.rows import RowOrigin, all_rows, distinct, places
from distilabel.steps.base import Step

_log = logging.getLogger("distilabel.pipeline")


def run_step(step: Step, rows: list[Any]) -> tuple[list[Any], list[RowOrigin]]:
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
    made: list[tuple[RowOrigin, Any]] = []
    for shape, positions in shapes.items():
        inputs = [
            [rows[i][port] for i in positions] for port, present in enumerate(shape) if present
        ]
        out, matched = _process(step, inputs)
        made += [
            (RowOrigin(positions[place.origin], place.branch), row)
            for place, row in zip(matched, out, strict=True)
        ]
    if len(shapes) > 1:
        made.sort(key=lambda item: item[0])
    return [row for _, row in made], [place for place, _ in made]


def _process(step: Step, inputs: list[list[Any]]) -> tuple[list[Any], list[RowOrigin]]:
    mappings = step._mappings
    named = [[mappings.to_step(row) for row in rows] for rows in inputs] if mappings else inputs
    # The step may change the lists; whose row is whose is told by what it was given.
    before = [list(rows) for rows in named]
    made = distinct(all_rows(_gathered(step, step.process(*named)), str(step.name)))
    matched = places(before[0], made, *before[1:])
    if mappings:
        aside = [mappings.hidden_columns(row) for row in inputs[0]] if len(inputs) == 1 else []
        made = [
            mappings.to_pipeline(row, aside[place.origin] if aside else {})
            for row, place in zip(made, matched, strict=True)
        ]
    return made, matched


def _gathered(step: Step, given: Any) -> list[Any]:
    """All rows that `process` gave, whether it yields lists of them or returns one."""
    if isinstance(given, list) and all(isinstance(row, dict) for row in given):
        return given
    made: list[Any] = []
    try:
        lists = iter(given)
    except TypeError:
        raise TypeError(
            f"`process` of {step.name} gave {str(given)[:40]}: yield a list of rows instead."
        ) from None
    rows: Any = None
    for rows in lists:
        if not isinstance(rows, (list, tuple)):
            raise TypeError(
                f"`process` of {step.name} yields a {type(rows).__name__}: yield a list of rows."
            )
        made = [*made, *rows] if made else list(rows)
    if rows is None:
        _log.warning(
            "%s: `process` yielded nothing for a batch, its rows end there. If that is meant, "
            "yield an empty list.",
            step.name,
        )
    return made
