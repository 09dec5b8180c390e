"""Renders pictures as PNG with Pillow and the font it includes, so no system font is needed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from distilabel.pipeline.drawing import style
from distilabel.pipeline.drawing.layout import Point
from distilabel.pipeline.drawing.picture import Arrow, Box, Picture

# Pixels in the file per pixel of the layout, for high-resolution screens.
_SCALE: Final = 2
# Drawn larger still, then reduced: Pillow does not antialias lines.
_OVERSAMPLING: Final = 2
_CURVE_POINTS: Final = 24
_DASH: Final = 6.0


def render_png(picture: Picture, top_to_bottom: bool) -> bytes:
    """Renders a picture as the bytes of a PNG file.

    Args:
        picture: Picture to render.
        top_to_bottom: Whether it reads downwards; if not, to the right.
    """
    return _Canvas(picture, top_to_bottom).bytes()


class _Canvas:
    def __init__(self, picture: Picture, top_to_bottom: bool) -> None:
        from PIL import Image, ImageDraw, ImageFont

        layout = style.layout_of(picture, top_to_bottom)
        self._unit = _SCALE * _OVERSAMPLING
        self._size = (round(layout.width), round(layout.height))
        size = (self._size[0] * self._unit, self._size[1] * self._unit)
        self._image = Image.new("RGB", size, style.PAPER)
        self._draw = ImageDraw.Draw(self._image)
        self._fonts = {
            points: ImageFont.load_default(points * self._unit)
            for points in (style.TITLE, style.SMALL)
        }
        for arrow, route in zip(picture.arrows, layout.routes, strict=True):
            self._line(arrow, route, top_to_bottom)
        for arrow, place in zip(picture.arrows, layout.labels, strict=True):
            self._label(arrow, place)
        for box, center in zip(picture.boxes, layout.centers, strict=True):
            self._box(box, center)

    def bytes(self) -> bytes:
        from PIL import Image

        size = (self._size[0] * _SCALE, self._size[1] * _SCALE)
        file = BytesIO()
        self._image.resize(size, Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
        return file.getvalue()

    def _at(self, *points: Point) -> list[Point]:
        return [(x * self._unit, y * self._unit) for x, y in points]

    def _text(self, text: str, place: Point, size: int, color: str) -> None:
        font: Any = self._fonts[size]
        self._draw.text(self._at(place)[0], text, fill=color, font=font, anchor="mm")

    def _line(self, arrow: Arrow, route: list[Point], top_to_bottom: bool) -> None:
        points = list(_points(route, top_to_bottom))
        width = round(1.5 * self._unit)
        if arrow.routed:
            for start, end in _dashes(points):
                self._draw.line(self._at(start, end), style.ARROW_INK, width)
        else:
            self._draw.line(self._at(*points), style.ARROW_INK, width, joint="curve")
        x, y = points[-1]
        length, half = style.ARROW_HEAD, style.ARROW_HEAD / 2
        # Arrows enter a box at a right angle.
        head = (
            [(x, y), (x - half, y - length), (x + half, y - length)]
            if top_to_bottom
            else [(x, y), (x - length, y - half), (x - length, y + half)]
        )
        self._draw.polygon(self._at(*head), style.ARROW_INK)

    def _label(self, arrow: Arrow, place: Point) -> None:
        if not arrow.labels:
            return
        width, height = style.label_size(arrow.labels)
        x, y = place
        corners = ((x - width / 2, y - height / 2), (x + width / 2, y + height / 2))
        self._draw.rectangle(self._at(*corners), style.PAPER)
        for i, text in enumerate(arrow.labels):
            line = y - height / 2 + 2 + (i + 0.5) * style.LINE
            self._text(text, (x, line), style.SMALL, style.PALE_INK)

    def _box(self, box: Box, center: Point) -> None:
        (width, height), (x, y) = style.size_of(box), center
        fill, border = style.COLORS[box.kind]
        corners = ((x - width / 2, y - height / 2), (x + width / 2, y + height / 2))
        self._draw.rounded_rectangle(
            self._at(*corners), style.CORNER * self._unit, fill, border, self._unit
        )
        self._text(box.title, (x, y - 9), style.TITLE, style.INK)
        self._text(box.subtitle, (x, y + 11), style.SMALL, style.PALE_INK)


def _points(route: list[Point], top_to_bottom: bool) -> Iterator[Point]:
    """Yields points along the curves of a route."""
    yield route[0]
    for start, end in itertools.pairwise(route):
        one, two = style.control_points(start, end, top_to_bottom)
        for step in range(1, _CURVE_POINTS + 1):
            t = step / _CURVE_POINTS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            x, y = (
                sum(w * p[axis] for w, p in zip(weights, (start, one, two, end), strict=True))
                for axis in (0, 1)
            )
            yield (x, y)


def _dashes(points: list[Point]) -> Iterator[tuple[Point, Point]]:
    """Yields every second piece of a line."""
    travelled = 0.0
    for start, end in itertools.pairwise(points):
        if int(travelled / _DASH) % 2 == 0:
            yield start, end
        travelled += math.dist(start, end)
