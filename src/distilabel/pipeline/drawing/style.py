"""The style that SVG and PNG share: colors, sizes and the width of text."""

from __future__ import annotations

from typing import Final

from distilabel.pipeline.drawing.layout import Layout, Point, compute_layout
from distilabel.pipeline.drawing.picture import Box, Kind, Picture

TITLE: Final = 14
SMALL: Final = 11
LINE: Final = 15.0
BOX_HEIGHT: Final = 50.0
PADDING: Final = 16.0
CORNER: Final = 8.0
ARROW_HEAD: Final = 8.0

PAPER: Final = "#ffffff"
INK: Final = "#1f2430"
PALE_INK: Final = "#5b6472"
ARROW_INK: Final = "#8a93a3"
# Fill and border.
COLORS: Final[dict[Kind, tuple[str, str]]] = {
    "generator": ("#e3f0fb", "#3b7fc4"),
    "step": ("#f3f4f6", "#8a93a3"),
    "task": ("#efe7fb", "#7a52c7"),
    "global": ("#fdf0d9", "#c98a1b"),
    "result": ("#e2f5e6", "#3d9a55"),
}

# Maximum width of a letter in the fonts used, relative to the font size.
_LETTER_WIDTH: Final = 0.61


def width_of(text: str, size: int) -> float:
    """Returns the width of a line of text, in pixels."""
    return len(text) * size * _LETTER_WIDTH


def size_of(box: Box) -> Point:
    """Returns the width and height of a box."""
    text = max(width_of(box.title, TITLE), width_of(box.subtitle, SMALL))
    return text + 2 * PADDING, BOX_HEIGHT


def label_size(labels: tuple[str, ...]) -> Point:
    """Returns the width and height of an arrow's label."""
    if not labels:
        return 0.0, 0.0
    return max(width_of(text, SMALL) for text in labels) + 8, len(labels) * LINE + 4


def layout_of(picture: Picture, top_to_bottom: bool) -> Layout:
    """Computes the layout of a picture in this style."""
    return compute_layout(
        [size_of(box) for box in picture.boxes],
        [(arrow.start, arrow.end) for arrow in picture.arrows],
        [label_size(arrow.labels) for arrow in picture.arrows],
        top_to_bottom=top_to_bottom,
    )


def control_points(start: Point, end: Point, top_to_bottom: bool) -> tuple[Point, Point]:
    """Returns the control points of the cubic Bézier curve between two points of a route."""
    if top_to_bottom:
        middle = (start[1] + end[1]) / 2
        return (start[0], middle), (end[0], middle)
    middle = (start[0] + end[0]) / 2
    return (middle, start[1]), (middle, end[1])
