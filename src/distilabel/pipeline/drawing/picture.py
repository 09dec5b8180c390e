"""The picture of a pipeline: its boxes, its arrows and what stands on them; not where they go."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from distilabel._core.dag import Dag
from distilabel.steps.base import _Step
from distilabel.steps.columns.keep import KeepColumns

Kind = Literal["generator", "step", "task", "global", "result"]

# Columns named on an arrow; more of them hide the picture.
_MOST_LABELS: Final = 4


class Drawable(Protocol):
    """A pipeline, as it is drawn."""

    dag: Dag
    _steps: dict[str, _Step]
    _routing: dict[str, Any]


@dataclass(frozen=True)
class Box:
    """A step, or what comes out at the end.

    Attributes:
        title: name of the step.
        subtitle: name of its class.
        kind: what it is.
    """

    title: str
    subtitle: str
    kind: Kind


@dataclass(frozen=True)
class Arrow:
    """Rows that go from one box to another.

    Attributes:
        start: number of the box they come from.
        end: number of the box they go to.
        labels: the columns they carry, one line each.
        routed: whether only some of the rows go there.
    """

    start: int
    end: int
    labels: tuple[str, ...] = ()
    routed: bool = False


@dataclass
class Picture:
    """Boxes, numbered as they stand here, and arrows between them."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def picture_of(pipeline: Drawable, show_edge_labels: bool) -> Picture:
    """Makes the picture of a pipeline.

    Args:
        pipeline: what to draw.
        show_edge_labels: whether the columns stand on the arrows.

    Returns:
        One box per step and one per leaf for its rows; one arrow per connection.
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
    """Step → the columns its rows have, as far as that is known without asking anybody."""
    columns: dict[str, dict[str, None]] = {}
    for name in pipeline.dag.topological():
        step = pipeline._steps[name]
        there: dict[str, None] = {}
        if not isinstance(step, KeepColumns):
            for predecessor in pipeline.dag.predecessors(name):
                there |= columns[predecessor]
        # A property of the user's may raise anything.
        with contextlib.suppress(Exception):
            there |= dict.fromkeys(step._known_outputs())
        columns[name] = there
    return columns


def _labels(there: dict[str, None], step: _Step) -> tuple[str, ...]:
    """The columns a step reads, `column:input` where renamed, and how many more it passes on."""
    try:
        needed = step.get_inputs()
    except Exception:  # noqa: BLE001 (a property of the user's may raise anything)
        needed = {}
    renamed = {column: name for name, column in step.input_mappings.items()}
    read = [
        f"{column}:{renamed[column]}" if renamed.get(column, column) != column else column
        for column in needed
        if column in there or not there
    ]
    passed = sum(column not in needed for column in there)
    return _shortened(read) + ((f"+ {passed} passed on",) if read and passed else ())


def _shortened(names: list[str]) -> tuple[str, ...]:
    if len(names) <= _MOST_LABELS:
        return tuple(names)
    return (*names[: _MOST_LABELS - 1], f"… {len(names) - _MOST_LABELS + 1} more")
