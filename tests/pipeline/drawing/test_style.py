"""Protects the shared style: boxes and labels are large enough for their text."""

from __future__ import annotations

import pytest
from PIL import ImageFont

from distilabel.pipeline.drawing import style
from distilabel.pipeline.drawing.picture import Box


@pytest.mark.parametrize("size", [style.TITLE, style.SMALL])
@pytest.mark.parametrize("text", ["load_data_from_dicts_0", "TextGeneration", "prompt:instruction"])
def test_text_is_not_wider_than_computed(text: str, size: int) -> None:
    font = ImageFont.load_default(size)
    assert font.getlength(text) <= style.width_of(text, size)


def test_a_box_fits_its_longer_line_and_an_empty_label_takes_no_room() -> None:
    wide = "A" * 40
    assert style.size_of(Box("a", wide, "step"))[0] > style.width_of(wide, style.SMALL)
    assert style.size_of(Box(wide, "a", "step"))[0] > style.width_of(wide, style.TITLE)
    assert style.label_size(()) == (0.0, 0.0)
    assert style.label_size(("a", "b"))[1] > style.label_size(("a",))[1]


@pytest.mark.parametrize("top_to_bottom", [True, False])
def test_curves_leave_and_enter_straight(top_to_bottom: bool) -> None:
    along, across = (1, 0) if top_to_bottom else (0, 1)
    start, end = (0.0, 0.0), (40.0, 100.0)
    one, two = style.control_points(start, end, top_to_bottom)
    assert one[across] == start[across]
    assert two[across] == end[across]
    assert start[along] < one[along] == two[along] < end[along]
