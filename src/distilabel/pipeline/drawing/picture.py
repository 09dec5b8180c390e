"""The contents of a pipeline's drawing: boxes, arrows and labels, without positions."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from distilabel._core.dag import Dag
from distilabel.steps.base import _Step
from distilabel.steps.columns.keep import KeepColumns

Kind = Literal["generator", "step", "task", "global", "result"]

# Lines of an arrow's label; more would hide the drawing.
_MAX_LABELS: Final = 4


class Drawable(Protocol):
    """The part of a pipeline that drawing uses."""

    _steps: dict[str, _Step]
    _routing: dict[str, Any]

    @property
    def dag(self) -> Dag:
        """The steps' names and connections."""


@dataclass(frozen=True)
class Box:
    """A step, or the result of the pipeline.

    Attributes:
        title: Name of the step.
        subtitle: Name of its class.
        kind: Kind of step, which sets the colors.
    """

    title: str
    subtitle: str
    kind: Kind


@dataclass(frozen=True)
class Arrow:
    """A connection between two boxes.

    Attributes:
        start: Index of the box that emits the rows.
        end: Index of the box that receives them.
        labels: Names of columns, one per line.
        routed: Whether only some of the rows go there.
    """

    start: int
    end: int
    labels: tuple[str, ...] = ()
    routed: bool = False


@dataclass
class Picture:
    """Boxes, and arrows between them by index."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def make_picture(pipeline: Drawable, show_edge_labels: bool) -> Picture:
    """Makes the picture of a pipeline.

    Args:
        pipeline: Pipeline to draw.
        show_edge_labels: Whether to write the columns on the arrows.

    Returns:
        One box per step and one for the rows of each leaf step; one arrow per connection.
    """
    picture = Picture()
    numbers: dict[str, int] = {}
    for name in pipeline.dag.topological():
        step = pipeline._steps[name]
        numbers[name] = len(picture.boxes)
        picture.boxes.append(Box(name, type(step).__name__, _kind(step)))
    columns = _columns(pipeline)
    for start, end in pipeline.dag.edges:
        labels = _labels(columns[start], pipeline._steps[end]) if show_edge_labels else ()
        routed = start in pipeline._routing
        picture.arrows.append(Arrow(numbers[start], numbers[end], labels, routed))
    for leaf in pipeline.dag.leaves:
        kind = "Argilla" if "to_argilla" in leaf else "Distiset"
        picture.arrows.append(
            Arrow(
                numbers[leaf],
                len(picture.boxes),
                _shortened(sorted(columns[leaf])) if show_edge_labels else (),
            )
        )
        picture.boxes.append(Box(kind, "rows of " + leaf, "result"))
    return picture


def _kind(step: _Step) -> Kind:
    if step.is_generator:
        return "generator"
    if step.is_global:
        return "global"
    return "task" if hasattr(step, "llm") else "step"


def _columns(pipeline: Drawable) -> dict[str, dict[str, None]]:
    """Returns step → columns of its rows, as far as they are known without loading anything."""
    columns: dict[str, dict[str, None]] = {}
    for name in pipeline.dag.topological():
        step = pipeline._steps[name]
        available: dict[str, None] = {}
        if not isinstance(step, KeepColumns):
            for predecessor in pipeline.dag.predecessors(name):
                available |= columns[predecessor]
        # A property of a user's step may raise anything.
        with contextlib.suppress(Exception):
            available |= dict.fromkeys(step._known_outputs())
        columns[name] = available
    return columns


def _labels(available: dict[str, None], step: _Step) -> tuple[str, ...]:
    """Returns the columns a step reads, `column:input` if renamed, and how many it passes on."""
    try:
        needed = step.get_inputs()
    except Exception:  # noqa: BLE001 (a property of a user's step may raise anything)
        needed = {}
    renamed = {column: name for name, column in step.input_mappings.items()}
    read = [
        f"{column}:{renamed[column]}" if renamed.get(column, column) != column else column
        for column in needed
        if column in available or not available
    ]
    passed = sum(column not in needed for column in available)
    return _shortened(read) + ((f"+ {passed} passed on",) if read and passed else ())


def _shortened(names: list[str]) -> tuple[str, ...]:
    if len(names) <= _MAX_LABELS:
        return tuple(names)
    return (*names[: _MAX_LABELS - 1], f"… {len(names) - _MAX_LABELS + 1} more")
