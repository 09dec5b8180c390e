"""Renders pictures as SVG."""

from __future__ import annotations

import itertools
from xml.sax.saxutils import escape

from distilabel.pipeline.drawing import style
from distilabel.pipeline.drawing.layout import Point
from distilabel.pipeline.drawing.picture import Arrow, Box, Picture

_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def render_svg(picture: Picture, top_to_bottom: bool) -> str:
    """Renders a picture as an SVG document.

    Args:
        picture: Picture to render.
        top_to_bottom: Whether it reads downwards; if not, to the right.
    """
    layout = style.layout_of(picture, top_to_bottom)
    width, height = round(layout.width), round(layout.height)
    head = style.ARROW_HEAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONT}" text-anchor="middle">',
        f'<defs><marker id="head" markerWidth="{head}" markerHeight="{head}" refX="{head}" '
        f'refY="{head / 2}" orient="auto" markerUnits="userSpaceOnUse">'
        f'<path d="M0,0 L{head},{head / 2} L0,{head} z" fill="{style.ARROW_INK}"/></marker></defs>',
        f'<rect width="100%" height="100%" fill="{style.PAPER}"/>',
    ]
    for arrow, route in zip(picture.arrows, layout.routes, strict=True):
        parts.append(_line(arrow, route, top_to_bottom))
    for arrow, place in zip(picture.arrows, layout.labels, strict=True):
        parts += _label(arrow, place)
    for box, center in zip(picture.boxes, layout.centers, strict=True):
        parts.append(_box(box, center))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _line(arrow: Arrow, route: list[Point], top_to_bottom: bool) -> str:
    path = f"M{route[0][0]:.1f},{route[0][1]:.1f}"
    for start, end in itertools.pairwise(route):
        points = (*style.control_points(start, end, top_to_bottom), end)
        path += " C" + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if arrow.routed else ""
    return (
        f'<path d="{path}" fill="none" stroke="{style.ARROW_INK}" stroke-width="1.5"{dashes} '
        'marker-end="url(#head)"/>'
    )


def _label(arrow: Arrow, place: Point) -> list[str]:
    if not arrow.labels:
        return []
    width, height = style.label_size(arrow.labels)
    x, y = place
    first = y - height / 2 + style.LINE - 2
    return [
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" fill="{style.PAPER}" opacity="0.85"/>',
        *(
            f'<text x="{x:.1f}" y="{first + i * style.LINE:.1f}" font-size="{style.SMALL}" '
            f'fill="{style.PALE_INK}">{escape(text)}</text>'
            for i, text in enumerate(arrow.labels)
        ),
    ]


def _box(box: Box, center: Point) -> str:
    (width, height), (x, y) = style.size_of(box), center
    fill, border = style.COLORS[box.kind]
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="{style.CORNER}" fill="{fill}" stroke="{border}"/>'
        f'<text x="{x:.1f}" y="{y - 4:.1f}" font-size="{style.TITLE}" font-weight="600" '
        f'fill="{style.INK}">{escape(box.title)}</text>'
        f'<text x="{x:.1f}" y="{y + 14:.1f}" font-size="{style.SMALL}" '
        f'fill="{style.PALE_INK}">{escape(box.subtitle)}</text>'
    )
