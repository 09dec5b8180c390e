"""Protects PNG drawings: an image in the right shape, with boxes in the colors of their kinds."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from distilabel.pipeline import Pipeline
from distilabel.pipeline.drawing.picture import Arrow, Box, Picture, make_picture
from distilabel.pipeline.drawing.png import render_png


def colors(image: Image.Image) -> dict[tuple[int, ...], int]:
    return {color: count for count, color in image.convert("RGB").getcolors(1 << 20) or []}  # type: ignore[misc]


@pytest.mark.parametrize("top_to_bottom", [True, False])
def test_boxes_have_the_colors_of_their_kinds(pipeline: Pipeline, top_to_bottom: bool) -> None:
    data = render_png(make_picture(pipeline, True), top_to_bottom)
    with Image.open(BytesIO(data)) as image:
        assert (image.height > image.width) is top_to_bottom
        found = colors(image)
    assert {(0xE3, 0xF0, 0xFB), (0xEF, 0xE7, 0xFB), (0xE2, 0xF5, 0xE6)} <= set(found)


def test_a_routed_arrow_is_dashed() -> None:
    boxes = [Box(name, "A", "result") for name in "abc"]
    ink = []
    for routed in (False, True):
        # The last arrow is a long one: it passes the box in the middle.
        arrows = [Arrow(0, 1), Arrow(1, 2), Arrow(0, 2, routed=routed)]
        data = render_png(Picture(boxes, arrows), top_to_bottom=False)
        with Image.open(BytesIO(data)) as image:
            ink.append(colors(image)[0x8A, 0x93, 0xA3])
    assert ink[1] < ink[0]
